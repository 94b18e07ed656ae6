import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { showPublicKey } from '../attestations/public-key.ts';
import { makeAttestation, type Subject } from '../attestations/statement.ts';
import { sha256OfFile } from '../cache/digest.ts';
import { writeAtomically } from '../home/atomic-file.ts';
import { required, UsageError } from './errors.ts';
import type { Flags } from './main.ts';

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** For organizers and those whom sites trust: signs digests of programs and images. Needs no home. */
export async function attestCommand(words: readonly string[], flags: Flags): Promise<number> {
  if (words[0] === 'keygen') return await keygen(required('--out', flags.out));
  if (words.length === 0) throw new UsageError('say what to attest: digests (sha256:…) or files');
  const key = await readKey(required('--key', flags.key));
  const out = required('--out', flags.out);
  const subjects = await Promise.all(words.map(subjectOf));
  await writeAtomically(out, `${makeAttestation(subjects, key)}\n`);
  for (const { name, digest } of subjects) process.stdout.write(`signed ${digest}  ${name}\n`);
  process.stdout.write(`wrote ${out}, signed with the key ${showPublicKey(createPublicKey(key))}\n`);
  return 0;
}

/** A key that exists is never written over. */
async function keygen(out: string): Promise<number> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  await writeFile(out, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx' });
  process.stdout.write(
    `wrote ${out}; keep it to yourself. Sites that trust it write into their policy:\nsigners: { NAME: "${showPublicKey(publicKey)}" }\n`,
  );
  return 0;
}

async function readKey(path: string): Promise<KeyObject> {
  const pem = await readFile(path);
  const key = parseKey(pem);
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw new UsageError(
    `--key ${path} is no Ed25519 private key in PEM; make one with: weir-node attest keygen`,
  );
}

function parseKey(pem: Buffer): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}

async function subjectOf(word: string): Promise<Subject> {
  if (DIGEST.test(word)) return { name: word, digest: word };
  if (word.startsWith('sha256:')) throw new UsageError(`${word}: a digest is sha256: and 64 hex digits`);
  return { name: basename(word), digest: `sha256:${await sha256OfFile(word)}` };
}
