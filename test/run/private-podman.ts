import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import { Daemon } from './daemon.ts';
import type { TestDocker } from './private-docker.ts';
import { serverFolder } from './server-folder.ts';

const run = promisify(execFile);

/**
 * Podman's Docker-compatible service with storage and settings of its own, gone at the end. Its containers are kept by `conmon`, not by the
 * service, so what is left of them is removed before it.
 */
export async function openPodman(): Promise<TestDocker> {
  await using owned = new AsyncDisposableStack();
  const folder = await serverFolder('podman', owned);
  const env = await configure(folder);
  owned.defer(async () => {
    // Storage that stays mounted could not be removed.
    await run('podman', ['system', 'reset', '--force'], { env }).catch(() => undefined);
  });
  const socketPath = join(folder, 'podman.sock');
  const docker = new Docker({ socketPath });
  owned.use(
    await Daemon.start({
      program: 'podman',
      args: ['system', 'service', '--time=0', `unix://${socketPath}`],
      env,
      log: join(folder, 'podman.log'),
      isUp: () => docker.ping(),
    }),
  );
  const stack = owned.move();
  return { host: `unix://${socketPath}`, docker, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** No systemd is needed, nor a journal, nor a registry. Layers are kept by the kernel's overlay file system. */
async function configure(folder: string): Promise<NodeJS.ProcessEnv> {
  const containers = join(folder, 'containers.conf');
  const storage = join(folder, 'storage.conf');
  await mkdir(join(folder, 'volumes'));
  await writeFile(
    containers,
    `[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
tmp_dir = "${join(folder, 'tmp')}"
volume_path = "${join(folder, 'volumes')}"
[containers]
log_driver = "k8s-file"
`,
  );
  await writeFile(
    storage,
    `[storage]
driver = "overlay"
graphroot = "${join(folder, 'storage')}"
runroot = "${join(folder, 'run')}"
`,
  );
  return { ...process.env, CONTAINERS_CONF: containers, CONTAINERS_STORAGE_CONF: storage };
}
