import { resolve } from 'node:path';
import { type ArchiveLimits, defaultArchiveLimits } from '../storage/archive/index.ts';
import { type Address, parseAddress } from './address.ts';
import type { Env } from './env.ts';
import { ConfigError } from './errors.ts';

export interface Config {
  /** Name of this hub, as nodes and people see it. */
  readonly name: string;
  /** Folder for everything that this hub keeps on disk. */
  readonly home: string;
  readonly http: Address;
  readonly grpc: Address;
  /** Where nodes dial, when that is another address than the one listened on. */
  readonly grpcPublic: string;
  /** Origin that browsers and nodes use, without a slash at the end. */
  readonly publicUrl: string;
  /** Where the portal listens; null when this hub serves its API alone. */
  readonly portalUrl: string | null;
  readonly database:
    | { readonly kind: 'embedded'; readonly directory: string }
    | { readonly kind: 'external' };
  /** How long a lease lasts without a heartbeat. */
  readonly leaseMs: number;
  /** Attempts that a run gets when sites or the hub spoil them. */
  readonly maxAttempts: number;
  readonly logLevel: string;
  /** The most that a phase may ask for one container. */
  readonly ceilings: {
    readonly memoryBytes: number;
    readonly cpuMillis: number;
    readonly diskBytes: number;
    readonly gpus: number;
  };
  readonly storage: {
    /** Bytes of one uploaded file. */
    readonly maxUploadBytes: number;
    /** Bytes of all uploads of one person. */
    readonly maxBytesPerPerson: number;
  };
  /** What an uploaded archive may unpack to. */
  readonly archives: ArchiveLimits;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** @throws ConfigError naming the variable, what is wrong with it, and an example. */
export function toConfig(env: Env): Config {
  const home = resolve(env.WEIR_HOME || '.weir', 'hub');
  const http = parseAddress('WEIR_HTTP', env.WEIR_HTTP || '127.0.0.1:8080');
  const grpc = parseAddress('WEIR_GRPC', env.WEIR_GRPC || '127.0.0.1:8443');
  const leaseMs = Number(env.WEIR_LEASE_MS || 45_000);
  if (!Number.isInteger(leaseMs) || leaseMs < 1_000 || leaseMs > 600_000) {
    throw new ConfigError(
      'WEIR_LEASE_MS',
      'is the length of a lease in milliseconds, from 1000 to 600000',
      '45000',
    );
  }
  const logLevel = env.WEIR_LOG_LEVEL || 'info';
  if (!LOG_LEVELS.includes(logLevel))
    throw new ConfigError('WEIR_LOG_LEVEL', `is one of ${LOG_LEVELS.join(', ')}`, 'info');
  return {
    name: env.WEIR_HUB_NAME || 'weir',
    home,
    http,
    grpc,
    grpcPublic: env.WEIR_GRPC_PUBLIC || `${grpc.host}:${grpc.port}`,
    publicUrl: parseUrl('WEIR_PUBLIC_URL', env.WEIR_PUBLIC_URL || `http://${http.host}:${http.port}`),
    portalUrl: env.WEIR_PORTAL_URL ? parseUrl('WEIR_PORTAL_URL', env.WEIR_PORTAL_URL) : null,
    database: env.DATABASE_URL
      ? { kind: 'external' }
      : { kind: 'embedded', directory: resolve(home, 'postgres') },
    leaseMs,
    maxAttempts: 5,
    logLevel,
    ceilings: {
      memoryBytes: parseGibibytes('WEIR_MAX_RUN_MEMORY_GIB', env.WEIR_MAX_RUN_MEMORY_GIB || '64'),
      cpuMillis: 1_000 * parseCount('WEIR_MAX_RUN_CPUS', env.WEIR_MAX_RUN_CPUS || '16', 1_000),
      diskBytes: parseGibibytes('WEIR_MAX_RUN_DISK_GIB', env.WEIR_MAX_RUN_DISK_GIB || '200'),
      gpus: parseCount('WEIR_MAX_RUN_GPUS', env.WEIR_MAX_RUN_GPUS || '8', 1_000),
    },
    storage: {
      maxUploadBytes: parseGibibytes('WEIR_MAX_UPLOAD_GIB', env.WEIR_MAX_UPLOAD_GIB || '15'),
      maxBytesPerPerson: parseGibibytes('WEIR_MAX_STORAGE_GIB', env.WEIR_MAX_STORAGE_GIB || '100'),
    },
    archives: {
      ...defaultArchiveLimits,
      maxTotalBytes: parseGibibytes('WEIR_MAX_ARCHIVE_GIB', env.WEIR_MAX_ARCHIVE_GIB || '64'),
      maxEntryBytes: parseGibibytes('WEIR_MAX_ARCHIVE_FILE_GIB', env.WEIR_MAX_ARCHIVE_FILE_GIB || '16'),
      maxEntries: parseCount('WEIR_MAX_ARCHIVE_ENTRIES', env.WEIR_MAX_ARCHIVE_ENTRIES || '20000', 10_000_000),
      maxRatio: parseCount('WEIR_MAX_ARCHIVE_RATIO', env.WEIR_MAX_ARCHIVE_RATIO || '200', 1_100),
    },
  };
}

function parseGibibytes(variable: string, value: string): number {
  const bytes = Math.round(Number(value) * 2 ** 30);
  if (!Number.isSafeInteger(bytes) || bytes <= 0) {
    throw new ConfigError(variable, `is a size in GiB, not "${value}"`, '15');
  }
  return bytes;
}

function parseCount(variable: string, value: string, most: number): number {
  const count = Number(value);
  if (!Number.isInteger(count) || count < 0 || count > most) {
    throw new ConfigError(variable, `is a whole number from 0 to ${most}, not "${value}"`, '8');
  }
  return count;
}

function parseUrl(variable: string, value: string): string {
  const url = URL.parse(value);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError(variable, 'is the address of a web origin', 'https://weir.example.org');
  }
  return url.origin;
}
