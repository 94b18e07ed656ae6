import { existsSync } from 'node:fs';
import Docker from 'dockerode';
import { findCommand, runCommand } from '../host/commands.ts';
import { canInstallPackages, installCommand, installPackages } from '../host/packages.ts';
import { StartError } from './errors.ts';

/** What the nodes run programs with. */
export type EngineChoice =
  | { kind: 'docker' | 'podman'; host: string; version: string; docker: Docker }
  | { kind: 'bubblewrap'; version: string };

/**
 * The engine of DOCKER_HOST when that is set, else the first container engine that answers on a usual socket, else
 * bubblewrap, installed when this machine allows it. @throws StartError saying what to install
 */
export async function chooseEngine(
  env: NodeJS.ProcessEnv,
  say: (text: string) => void,
): Promise<EngineChoice> {
  if (env.DOCKER_HOST) {
    const engine = await askEngine(env.DOCKER_HOST);
    if (engine) return engine;
    throw new StartError(
      `DOCKER_HOST is ${env.DOCKER_HOST}, but no engine answers there. Start it, or unset DOCKER_HOST.`,
    );
  }
  for (const socket of usualSockets(env).filter((path) => existsSync(path))) {
    const engine = await askEngine(`unix://${socket}`);
    if (engine) return engine;
  }
  return chooseBubblewrap(say);
}

function usualSockets(env: NodeJS.ProcessEnv): string[] {
  const personal = env.XDG_RUNTIME_DIR;
  return [
    '/var/run/docker.sock',
    ...(personal ? [`${personal}/docker.sock`, `${personal}/podman/podman.sock`] : []),
    '/run/podman/podman.sock',
  ];
}

async function askEngine(host: string): Promise<EngineChoice | null> {
  // Without a socket, the client reads DOCKER_HOST and the certificates that go with it by itself.
  const docker = host.startsWith('unix://')
    ? new Docker({ socketPath: host.slice('unix://'.length) })
    : new Docker();
  try {
    const version = await Promise.race([
      docker.version(),
      new Promise<never>((_, reject) => setTimeout(reject, 5_000, new Error('no answer')).unref()),
    ]);
    const isPodman = version.Components?.some((component) => component.Name === 'Podman Engine') ?? false;
    return { kind: isPodman ? 'podman' : 'docker', host, version: version.Version, docker };
  } catch {
    return null;
  }
}

async function chooseBubblewrap(say: (text: string) => void): Promise<EngineChoice> {
  if (!(await findCommand('bwrap'))) {
    if (!(await canInstallPackages())) {
      throw new StartError(
        `Something must keep the programs of participants apart from this machine, and neither Docker nor Podman answers.\nStart one of them, or install bubblewrap:\n\n    ${await installCommand(['bubblewrap'])}`,
      );
    }
    say('installing bubblewrap, since neither Docker nor Podman answers');
    await installPackages(['bubblewrap']);
  }
  const program = (await findCommand('bwrap')) ?? 'bwrap';
  try {
    // Some systems forbid user namespaces to ordinary people; better to hear it now than from the first run.
    await runCommand(program, ['--unshare-all', '--ro-bind', '/', '/', process.execPath, '--version'], {
      timeout: 10_000,
    });
  } catch (error) {
    throw new StartError(
      `bubblewrap is installed but may not make namespaces here (${error instanceof Error ? error.message : error}).\nStart Docker or Podman, or allow it: sudo sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0`,
    );
  }
  const version = await runCommand(program, ['--version'], { timeout: 10_000 });
  return { kind: 'bubblewrap', version: version.trim().replace('bubblewrap ', '') };
}
