import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UsageError } from './errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const credentials = z.object({ url: z.url(), token: z.string().min(1), username: z.string().nullable() });
/** Where the hub is, and on whose behalf it is asked. */
export type Credentials = z.infer<typeof credentials>;

export function credentialsFile(env: Environment): string {
  const folder = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');
  return join(folder, 'weir', 'credentials.json');
}

/**
 * WEIR_URL and WEIR_TOKEN, for scripts; else those of the last log-in. A token that was kept for one hub is not sent to another.
 * @throws UsageError
 */
export async function readCredentials(env: Environment): Promise<Credentials> {
  const { WEIR_URL: url, WEIR_TOKEN: token } = env;
  if (url && token) return { url: hubUrl(url), token, username: null };
  const kept = await readKept(env);
  if (!kept || (url && hubUrl(url) !== kept.url))
    throw new UsageError('log in first: weir login URL, or set WEIR_URL and WEIR_TOKEN');
  return token ? { ...kept, token, username: null } : kept;
}

async function readKept(env: Environment): Promise<Credentials | null> {
  try {
    return credentials.parse(JSON.parse(await readFile(credentialsFile(env), 'utf8')));
  } catch {
    return null;
  }
}

/** For the eyes of this user alone. @returns the file */
export async function keepCredentials(env: Environment, kept: Credentials): Promise<string> {
  const path = credentialsFile(env);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
  // One that was there keeps the mode it had.
  await chmod(path, 0o600);
  return path;
}

export async function forgetCredentials(env: Environment): Promise<void> {
  await rm(credentialsFile(env), { force: true });
}

/** @throws UsageError */
export function hubUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new UsageError(`${text} is no address of a hub: write it like https://hub.example.org`);
  return url.origin;
}
