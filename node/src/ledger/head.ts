import { join } from 'node:path';
import { z } from 'zod';
import { readFileIfThere, writeAtomically } from '../home/atomic-file.ts';
import type { ReceiptKey } from '../receipts/key.ts';
import { verifyEd25519 } from '../receipts/key.ts';
import type { Head } from './chain.ts';

const signedHeadSchema = z.object({
  sequence: z.number().int().nonnegative(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.string(),
  /** base64 of the raw Ed25519 public key. */
  publicKey: z.string(),
  /** base64 */
  signature: z.string(),
});

/**
 * How far the ledger had come at some moment, in the node's own hand. Kept beside the entries: without it nobody could tell a ledger whose
 * end was cut off from one that ends there.
 */
export type SignedHead = z.infer<typeof signedHeadSchema>;

export function signHead({ sequence, hash }: Head, at: string, key: ReceiptKey): SignedHead {
  const signature = key.sign(statement({ sequence, hash, at })).toString('base64');
  return { sequence, hash, at, publicKey: Buffer.from(key.publicKey).toString('base64'), signature };
}

/** Whether the head was signed with the key that it names. Whose that is has to be asked besides. */
export function isSigned(head: SignedHead): boolean {
  const key = Buffer.from(head.publicKey, 'base64');
  return verifyEd25519(key, statement(head), Buffer.from(head.signature, 'base64'));
}

export async function writeHead(folder: string, head: SignedHead): Promise<void> {
  await writeAtomically(headPath(folder), `${JSON.stringify(head)}\n`);
}

/** The head, null when there is none, 'unreadable' when it is not one. */
export async function readHead(folder: string): Promise<SignedHead | null | 'unreadable'> {
  const text = await readFileIfThere(headPath(folder));
  return text === null ? null : parseHead(text);
}

export function parseHead(text: string): SignedHead | 'unreadable' {
  try {
    return signedHeadSchema.parse(JSON.parse(text));
  } catch {
    return 'unreadable';
  }
}

function headPath(folder: string): string {
  return join(folder, 'head.json');
}

/** Begins unlike anything else that the key signs. */
function statement({ sequence, hash, at }: Head & { at: string }): Buffer {
  return Buffer.from(`weir-ledger-head-v1\n${sequence}\n${hash}\n${at}\n`);
}
