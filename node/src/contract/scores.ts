import { join } from 'node:path';
import { FailureCode } from '@weir/proto/node/v1';
import { parse } from 'yaml';
import { type BoundedRead, readBounded } from './read-bounded.ts';

const SCORES_BYTES = 1 << 20;
const MOST_ALIASES = 100;
/** The hub keeps twenty digits, ten of them behind the point. */
const TOO_LARGE = 1e10;
/** What a decimal number may look like when it was written as text. */
const DECIMAL = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;
const NOT_FINITE = /^\s*[+-]?\.?(?:nan|inf|infinity)\s*$/i;

export type ScoresResult =
  | { readonly kind: 'scores'; readonly values: Readonly<Record<string, number>> }
  | { readonly kind: 'failed'; readonly failure: FailureCode };

/** Reads the scores from a scoring output: `scores.json` if there is one, else `scores.txt`. See `scoresOf` for what is kept. */
export async function readScores(output: string, keys: readonly string[]): Promise<ScoresResult> {
  const json = await readBounded(join(output, 'scores.json'), SCORES_BYTES);
  if (json.kind !== 'absent') return scoresIn(json, parseJson, keys);
  const text = await readBounded(join(output, 'scores.txt'), SCORES_BYTES);
  if (text.kind !== 'absent') return scoresIn(text, parseText, keys);
  return { kind: 'failed', failure: FailureCode.SCORES_MISSING };
}

function scoresIn(
  file: BoundedRead,
  parseContent: (content: string) => unknown,
  keys: readonly string[],
): ScoresResult {
  if (file.kind !== 'content') return { kind: 'failed', failure: FailureCode.SCORES_UNREADABLE };
  try {
    return scoresOf(parseContent(file.bytes.toString('utf8').replace(/^\uFEFF/, '')), keys);
  } catch {
    return { kind: 'failed', failure: FailureCode.SCORES_UNREADABLE };
  }
}

/**
 * The values of the declared keys. Case matters; keys that are not declared are left out whatever they hold, and declared ones may be missing or
 * null. A number written as text counts as that number, true as one and false as zero.
 */
export function scoresOf(document: unknown, keys: readonly string[]): ScoresResult {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return { kind: 'failed', failure: FailureCode.SCORES_UNREADABLE };
  }
  const found = new Map(Object.entries(document));
  const values: Record<string, number> = {};
  for (const key of keys) {
    const written = found.get(key);
    if (written === undefined || written === null) continue;
    const value = numberOf(written);
    if (value === null) return { kind: 'failed', failure: FailureCode.SCORES_UNREADABLE };
    if (!Number.isFinite(value) || Math.abs(value) >= TOO_LARGE) {
      return { kind: 'failed', failure: FailureCode.SCORES_OUT_OF_RANGE };
    }
    values[key] = value;
  }
  return { kind: 'scores', values };
}

function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string') return null;
  if (DECIMAL.test(value)) return Number(value);
  return NOT_FINITE.test(value) ? Number.NaN : null;
}

/** JSON, with the bare NaN and Infinity that Python writes; they are read as text, which `numberOf` knows. */
export function parseJson(content: string): unknown {
  const quoted = content.replace(/"(?:[^"\\]|\\.)*"|[+-]?\b(?:NaN|Infinity)\b/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
  return JSON.parse(quoted);
}

/**
 * YAML 1.1, which Codabench takes; and `key:value` lines without a space, which are a plain string to YAML and which CodaLab took. Rejects what is
 * neither.
 */
export function parseText(content: string): unknown {
  return mappingIn(content) ?? linesIn(content);
}

function mappingIn(content: string): object | null {
  try {
    const options = {
      version: '1.1',
      uniqueKeys: false,
      maxAliasCount: MOST_ALIASES,
      logLevel: 'error',
    } as const;
    const document: unknown = parse(content, options);
    return typeof document === 'object' ? document : null;
  } catch {
    return null;
  }
}

function linesIn(content: string): Record<string, string> {
  const lines = content.split(/\r?\n/).filter((line) => line.trim() !== '');
  const pairs = lines.map((line) => {
    const [, key, value] = /^([^:]+):([^:]+)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) throw new SyntaxError('a line is not `key: value`');
    return [key.trim(), value.trim()] as const;
  });
  if (pairs.length === 0) throw new SyntaxError('there are no scores');
  return Object.fromEntries(pairs);
}
