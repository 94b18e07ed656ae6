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
  /** Two hubs that are peers. */
  federation: boolean;
  /** What the hub is called among others; what WEIR_HUB_NAME says when null. */
  hubName: string | null;
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
npm start -- --federation    two hubs that are peers, each with a portal, sites and a challenge;
                             the second one listens on the next ports

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
  const unknown = args.find((argument) => argument !== '--bare' && argument !== '--federation');
  if (unknown !== undefined) throw new StartError(`Unknown argument ${unknown}.\n\n${USAGE}`);
  const [bare, federation] = [args.includes('--bare'), args.includes('--federation')];
  if (bare && federation) throw new StartError(`Either --bare or --federation.\n\n${USAGE}`);
  if (federation) requireOwnPlaces(env);
  const http = parseAddress('WEIR_HTTP', env.WEIR_HTTP || '127.0.0.1:8080');
  return {
    bare,
    federation,
    hubName: null,
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

/** Two hubs cannot share what these name. */
function requireOwnPlaces(env: NodeJS.ProcessEnv): void {
  const shared = ['DATABASE_URL', 'WEIR_PUBLIC_URL', 'WEIR_HUB_NAME'].find((variable) => env[variable]);
  if (shared === undefined) return;
  throw new StartError(
    `${shared} is for one hub, and --federation starts two, each with its own: unset ${shared}.`,
  );
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
