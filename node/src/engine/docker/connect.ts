import { existsSync } from 'node:fs';
import Docker from 'dockerode';
import { EngineError } from '../errors.ts';

export interface DockerAddress {
  /** DOCKER_HOST: `unix:///path`, `tcp://host:port` or `http(s)://host:port`. Undefined: the usual sockets are tried in order. */
  readonly host?: string | undefined;
  /** XDG_RUNTIME_DIR, where rootless engines put their sockets. */
  readonly runtimeDirectory?: string | undefined;
}

/** A client for the engine at that address. Nothing is sent yet. Throws EngineError when the address is none or no socket exists. */
export function connectDocker(address: DockerAddress): Docker {
  if (address.host !== undefined) return clientOf(address.host);
  const socketPath = usualSockets(address.runtimeDirectory).find((path) => existsSync(path));
  if (socketPath === undefined) {
    throw new EngineError(
      'no Docker or Podman socket was found; start the engine, or set DOCKER_HOST, for example unix:///var/run/docker.sock',
    );
  }
  return new Docker({ socketPath });
}

function usualSockets(runtimeDirectory: string | undefined): string[] {
  const rootless = runtimeDirectory
    ? [`${runtimeDirectory}/docker.sock`, `${runtimeDirectory}/podman/podman.sock`]
    : [];
  return ['/var/run/docker.sock', ...rootless, '/run/podman/podman.sock'];
}

function clientOf(host: string): Docker {
  if (host.startsWith('/')) return new Docker({ socketPath: host });
  const url = URL.parse(host);
  switch (url?.protocol) {
    case 'unix:':
      return new Docker({ socketPath: url.pathname });
    case 'tcp:':
    case 'http:':
      return new Docker({ protocol: 'http', host: url.hostname, port: url.port || '2375' });
    case 'https:':
      return new Docker({ protocol: 'https', host: url.hostname, port: url.port || '2376' });
    default:
      throw new EngineError(
        `DOCKER_HOST is not an address of an engine: ${host}; write for example unix:///var/run/docker.sock`,
      );
  }
}
