import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import type { Config } from '../config/config.ts';
import { toConfig } from '../config/config.ts';
import { readEnv } from '../config/env.ts';
import { type Secrets, toSecrets } from '../config/secrets.ts';
import { createContext, type HubContext } from '../context/context.ts';
import { UsageError } from './usage-error.ts';

/** The same parts that a hub is made of, on the database of the one that runs; nothing listens. */
export async function openContext(): Promise<HubContext> {
  const { config, secrets } = settings();
  return createContext({
    config,
    secrets,
    databaseUrl: databaseUrlOf(config, secrets),
    log: pino({ level: 'warn' }, pino.destination(2)),
    stopping: new AbortController().signal,
  });
}

export function settings(): { config: Config; secrets: Secrets } {
  const env = readEnv();
  const config = toConfig(env);
  return { config, secrets: toSecrets(env, config) };
}

/** @throws UsageError when there is neither an external database nor a hub that runs its own */
export function databaseUrlOf(config: Config, secrets: Secrets): string {
  if (secrets.databaseUrl) return secrets.databaseUrl;
  const file = join(config.home, 'database-url');
  if (!existsSync(file)) {
    throw new UsageError(`no hub runs with ${config.home}: start it, or set WEIR_HOME or DATABASE_URL`);
  }
  return readFileSync(file, 'utf8').trim();
}
