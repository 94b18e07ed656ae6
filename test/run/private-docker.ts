import { join } from 'node:path';
import Docker from 'dockerode';
import { Daemon } from './daemon.ts';
import { serverFolder } from './server-folder.ts';

/** A container engine for the tests. */
export interface TestDocker extends AsyncDisposable {
  /** As in DOCKER_HOST. */
  host: string;
  docker: Docker;
}

/** The engine of DOCKER_HOST when that is set, else a private one that is gone at the end, images and all. */
export async function openDocker(): Promise<TestDocker> {
  if (process.env.DOCKER_HOST) {
    return { host: process.env.DOCKER_HOST, docker: new Docker(), [Symbol.asyncDispose]: async () => {} };
  }
  await using owned = new AsyncDisposableStack();
  const folder = await serverFolder('docker', owned);
  const socketPath = join(folder, 'docker.sock');
  const docker = new Docker({ socketPath });
  owned.use(
    await Daemon.start({
      program: 'dockerd',
      // Containers of the tests have no network, so the engine needs neither a bridge nor rights over the firewall.
      args: [
        '--iptables=false',
        '--bridge=none',
        `--host=unix://${socketPath}`,
        `--data-root=${join(folder, 'data')}`,
        `--exec-root=${join(folder, 'exec')}`,
        `--pidfile=${join(folder, 'dockerd.pid')}`,
      ],
      log: join(folder, 'dockerd.log'),
      isUp: () => docker.ping(),
    }),
  );
  const stack = owned.move();
  return { host: `unix://${socketPath}`, docker, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
