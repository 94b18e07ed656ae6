import { hkdfSync, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config.ts';
import type { Env } from './env.ts';
import { ConfigError } from './errors.ts';

/** Never printed, never logged. */
export interface Secrets {
  /** Null: the embedded database says where it is once it runs. */
  readonly databaseUrl: string | null;
  /** Keys derived from the one secret, so that none serves two purposes. */
  readonly artifactUrlKey: Buffer;
  readonly sealingKey: Buffer;
  /** Signs the addresses for uploads and downloads that scripts use without logging in. */
  readonly linkKey: Buffer;
  /** Makes the subjects by which peers know people of this hub: with another one, everybody would be somebody else there. */
  readonly subjectKey: Buffer;
  /** Makes the names of submissions to peers, by which this hub knows them as its own again. */
  readonly deliveryKey: Buffer;
  readonly administrator: { readonly username: string; readonly password: string } | null;
}

/** Takes the hub's secret from WEIR_SECRET, or makes one at the first start and keeps it in the hub's home. */
export function toSecrets(env: Env, config: Config): Secrets {
  if (Boolean(env.WEIR_ADMIN_USERNAME) !== Boolean(env.WEIR_ADMIN_PASSWORD)) {
    const missing = env.WEIR_ADMIN_USERNAME ? 'WEIR_ADMIN_PASSWORD' : 'WEIR_ADMIN_USERNAME';
    throw new ConfigError(missing, 'is missing: name and password of the administrator go together', 'admin');
  }
  const secret = env.WEIR_SECRET ? Buffer.from(env.WEIR_SECRET) : storedSecret(config.home);
  if (secret.length < 32)
    throw new ConfigError('WEIR_SECRET', 'has at least 32 characters', randomBytes(24).toString('hex'));
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', secret, '', `weir ${purpose}`, 32));
  return {
    databaseUrl: env.DATABASE_URL || null,
    artifactUrlKey: derive('artifact urls'),
    sealingKey: derive('sealing'),
    linkKey: derive('links'),
    subjectKey: derive('subjects'),
    deliveryKey: derive('deliveries'),
    administrator:
      env.WEIR_ADMIN_USERNAME && env.WEIR_ADMIN_PASSWORD
        ? { username: env.WEIR_ADMIN_USERNAME, password: env.WEIR_ADMIN_PASSWORD }
        : null,
  };
}

function storedSecret(home: string): Buffer {
  mkdirSync(home, { recursive: true, mode: 0o755 });
  const path = join(home, 'secret');
  try {
    // Exclusive: of two processes that start at once, one makes it and the other reads it.
    writeFileSync(path, randomBytes(32).toString('hex'), { flag: 'wx', mode: 0o600, flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(path);
}
