import { resolve } from 'node:path';
import { StartError } from './errors.ts';

export interface Address {
  host: string;
  port: number;
}

/** What the environment and the command line ask for. */
export interface Settings {
  /** Hub, portal and one local node, without demonstration content. */
  bare: boolean;
  /** Everything that outlives a start. */
  home: string;
  http: Address;
  grpc: Address;
  /** The origin that people and nodes use. */
  publicUrl: string;
  /** Given by the person; otherwise made at the first start. */
  administrator: { username: string; password: string | null };
}

export const USAGE = `npm start              hub, portal, two site nodes and a demonstration
npm start -- --bare    hub, portal and one local node for the default queue

WEIR_HOME            folder for everything kept          (.weir)
WEIR_HTTP            address of the portal and the API   (127.0.0.1:8080)
WEIR_GRPC            address that nodes dial             (127.0.0.1:8443)
WEIR_PUBLIC_URL      origin that people use, when it is another than that of WEIR_HTTP
WEIR_ADMIN_USERNAME  administrator                       (admin)
WEIR_ADMIN_PASSWORD  its password                        (made at the first start)
DATABASE_URL         a PostgreSQL to use                 (one is brought along)
DOCKER_HOST          a container engine to use           (the usual sockets of Docker and Podman)`;

/** @throws StartError naming the variable or argument that makes no sense. */
export function readSettings(args: string[], env: NodeJS.ProcessEnv, folder: string): Settings {
  const unknown = args.find((argument) => argument !== '--bare');
  if (unknown !== undefined) throw new StartError(`Unknown argument ${unknown}.\n\n${USAGE}`);
  const http = parseAddress('WEIR_HTTP', env.WEIR_HTTP || '127.0.0.1:8080');
  return {
    bare: args.includes('--bare'),
    home: resolve(folder, env.WEIR_HOME || '.weir'),
    http,
    grpc: parseAddress('WEIR_GRPC', env.WEIR_GRPC || '127.0.0.1:8443'),
    publicUrl: env.WEIR_PUBLIC_URL || originOf(http),
    administrator: {
      username: env.WEIR_ADMIN_USERNAME || 'admin',
      password: env.WEIR_ADMIN_PASSWORD || null,
    },
  };
}

function parseAddress(variable: string, text: string): Address {
  const match = /^(\[[\da-f:]+\]|[^:\s]+):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[2]);
  if (!match || port === 0 || port > 65_535) {
    throw new StartError(`${variable} is HOST:PORT, not "${text}". Example: ${variable}=127.0.0.1:8080`);
  }
  return { host: match[1]!.replaceAll(/[[\]]/g, ''), port };
}

/** Where a program on this machine reaches the address. */
export function originOf({ host, port }: Address): string {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export function formatAddress({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
