import { createHash } from 'node:crypto';
import type { LedgerEvent } from './events.ts';

/** What the first entry has in the place of the hash of the one before it. */
export const BEGINNING = '0'.repeat(64);

export interface LedgerEntry {
  /** From 1, without gaps. */
  readonly sequence: number;
  /** ISO */
  readonly at: string;
  /** The hash of the entry before, hex; `BEGINNING` in the first. */
  readonly previous: string;
  readonly event: LedgerEvent;
  /** The file of the inbox that brought it, for what a command had to record. Keeps it from being taken in twice. */
  readonly inbox?: string;
  /** SHA-256, hex, of the line up to its last member, which is this one. */
  readonly hash: string;
}

/** An entry as its line says, before anything of it is believed. */
export interface ReadEntry {
  readonly sequence: number;
  readonly at: string;
  readonly previous: string;
  readonly event: unknown;
  readonly inbox?: string;
  readonly hash: string;
}

const HASH_MEMBER = ',"hash":"';
const HASH_MEMBER_LENGTH = HASH_MEMBER.length + 64 + 2;

/**
 * One line of JSON. The hash is the last member, and covers the very bytes before it: nothing has to be brought into a canonical form to be
 * checked, and whoever has `sha256sum` can check it.
 */
export function encodeEntry(entry: Omit<LedgerEntry, 'hash'>): { line: string; hash: string } {
  const { sequence, at, previous, event, inbox } = entry;
  const members = { sequence, at, previous, event, ...(inbox !== undefined && { inbox }) };
  const body = JSON.stringify(members).slice(0, -1);
  const hash = sha256(body);
  return { line: `${body}${HASH_MEMBER}${hash}"}\n`, hash };
}

/** Reads a line without its end; null when it is not an entry at all. */
export function readEntry(line: string): ReadEntry | null {
  try {
    const entry: unknown = JSON.parse(line);
    return isEntry(entry) ? entry : null;
  } catch {
    return null;
  }
}

/** The number of a line that may be an entry, without reading the rest of it; null for a line that is certainly none. */
export function sequenceOf(line: string): number | null {
  const digits = /^\{"sequence":(\d{1,15}),/.exec(line)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Whether a line's hash is the one of its bytes. */
export function isIntact(line: string, hash: string): boolean {
  const body = line.slice(0, -HASH_MEMBER_LENGTH);
  return line === `${body}${HASH_MEMBER}${hash}"}` && sha256(body) === hash;
}

function isEntry(value: unknown): value is ReadEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { sequence, at, previous, event, inbox, hash } = value as Record<keyof ReadEntry, unknown>;
  return (
    Number.isSafeInteger(sequence) &&
    typeof at === 'string' &&
    typeof previous === 'string' &&
    typeof event === 'object' &&
    (inbox === undefined || typeof inbox === 'string') &&
    typeof hash === 'string'
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
