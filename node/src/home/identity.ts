import { createPrivateKey, X509Certificate } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { z } from 'zod';
import { readFileIfThere, writeAtomically } from './atomic-file.ts';
import { NotEnrolledError } from './errors.ts';
import type { Home } from './home.ts';

const identitySchema = z.object({
  nodeId: z.string().min(1),
  name: z.string().min(1),
  site: z.string().min(1),
  hub: z.string().min(1),
  /** The hub's web origin: artifacts and outputs with relative addresses are found there. */
  hubUrl: z.url(),
  /** host:port of the hub's gRPC gateway. */
  grpc: z.string().min(1),
});

export type Identity = z.infer<typeof identitySchema>;

/** What the node shows and what it demands when it dials. All PEM. */
export interface Credentials {
  readonly key: string;
  readonly certificate: string;
  readonly authority: string;
}

export async function readIdentity(home: Home): Promise<Identity> {
  const text = await readFileIfThere(home.identity);
  if (text === null) throw new NotEnrolledError(home.identity, 'there is no such file');
  const read = identitySchema.safeParse(JSON.parse(text));
  if (!read.success) throw new NotEnrolledError(home.identity, z.prettifyError(read.error));
  return read.data;
}

/** `node.json` is written last: a home that has it has everything. */
export async function storeEnrolment(
  home: Home,
  identity: Identity,
  credentials: Credentials,
): Promise<void> {
  await writeAtomically(home.key, credentials.key);
  await writeAtomically(home.authority, credentials.authority);
  await writeAtomically(home.certificate, credentials.certificate);
  await writeAtomically(home.identity, `${JSON.stringify(identity, null, 2)}\n`);
}

/**
 * Reads the key and its certificate. A renewal replaces two files and may be cut off between them: then the certificate belongs to the
 * next key, which takes its place now.
 */
export async function readCredentials(home: Home): Promise<Credentials> {
  const certificate = await readOrThrow(home.certificate);
  const authority = await readOrThrow(home.authority);
  const nextKey = await readFileIfThere(home.nextKey);
  if (nextKey !== null && fits(certificate, nextKey)) {
    await rename(home.nextKey, home.key);
    return { key: nextKey, certificate, authority };
  }
  const key = await readOrThrow(home.key);
  if (!fits(certificate, key)) {
    throw new NotEnrolledError(home.certificate, 'the certificate is not one of the key beside it');
  }
  return { key, certificate, authority };
}

/** The key of a renewal must be on disk before the hub is asked to certify it. */
export async function storeNextKey(home: Home, key: string): Promise<void> {
  await writeAtomically(home.nextKey, key);
}

export async function storeRenewal(home: Home, certificate: string): Promise<void> {
  await writeAtomically(home.certificate, certificate);
  await rename(home.nextKey, home.key);
}

/** The certificate of the hub's authority, PEM. */
export async function readAuthority(home: Home): Promise<string> {
  return await readOrThrow(home.authority);
}

/** sha256:<hex> over the DER of a certificate: how a policy names a hub. */
export function fingerprintOf(certificate: string): string {
  const { fingerprint256 } = new X509Certificate(certificate);
  return `sha256:${fingerprint256.replaceAll(':', '').toLowerCase()}`;
}

/** As a renewal, and the hub's authority and addresses may be others by now. The key is on disk already, as the next one. */
export async function storeEnrolmentAgain(
  home: Home,
  identity: Identity,
  { certificate, authority }: Pick<Credentials, 'certificate' | 'authority'>,
): Promise<void> {
  await writeAtomically(home.authority, authority);
  await writeAtomically(home.identity, `${JSON.stringify(identity, null, 2)}\n`);
  await storeRenewal(home, certificate);
}

export function fits(certificate: string, key: string): boolean {
  return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
}

async function readOrThrow(path: string): Promise<string> {
  const text = await readFileIfThere(path);
  if (text === null) throw new NotEnrolledError(path, 'there is no such file');
  return text;
}
