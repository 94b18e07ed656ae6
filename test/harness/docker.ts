import Docker from 'dockerode';

/** Containers of a node that exist, running or not, by name. */
export async function containersOf(nodeId: string): Promise<string[]> {
  const docker = new Docker();
  const found = await docker.listContainers({ all: true });
  return found.flatMap(({ Names }) => Names).filter((name) => name.includes(nodeId));
}
