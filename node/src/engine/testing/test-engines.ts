import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BubblewrapEngine } from '../bubblewrap/bubblewrap-engine.ts';
import { PATH } from '../bubblewrap/sandbox-arguments.ts';
import { DockerEngine } from '../docker/docker-engine.ts';
import type { Engine } from '../engine.ts';
import { SlurmEngine } from '../slurm/slurm-engine.ts';

/** The engines that run for real on a machine of the tests. The test runner starts them and says where they are. */
export const testEngines: Readonly<Record<string, () => Promise<Engine>>> = {
  docker: () => DockerEngine.connect({ host: process.env.DOCKER_HOST }),
  podman: () => openTestPodman(),
  bubblewrap: () => BubblewrapEngine.open(),
  slurm: async () => openTestSlurm(await mkdtemp(join(tmpdir(), 'weir-contract-jobs-'))),
};

export async function openTestPodman(): Promise<DockerEngine> {
  const engine = await DockerEngine.connect({ host: given('WEIR_TEST_PODMAN') });
  if (engine.kind !== 'podman') throw new Error('WEIR_TEST_PODMAN is not the address of Podman');
  return engine;
}

/** The test runner's cluster, with quicker looks than a real one should be bothered with. `commands`: a folder that comes first on the PATH. */
export function openTestSlurm(jobs: string, commands?: string): Promise<SlurmEngine> {
  const config = process.env.WEIR_TEST_SLURM;
  if (config === undefined)
    throw new Error('WEIR_TEST_SLURM names no cluster; run: npm test -- --only engine');
  return SlurmEngine.open({
    jobs,
    config,
    path: commands === undefined ? PATH : `${commands}:${PATH}`,
    place: { partition: null, account: null, qos: null },
    inner: { kind: 'bubblewrap', root: null },
    pollMs: 50,
    queueMs: 1_000,
    patienceMs: 20_000,
  });
}

function given(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run: npm test -- --only engine`);
  return value;
}
