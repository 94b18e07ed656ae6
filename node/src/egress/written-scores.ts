import { join } from 'node:path';
import { FailureCode, RefusalCode } from '@weir/proto/node/v1';
import { readBounded } from '../contract/read-bounded.ts';

/** Ten columns take a few hundred bytes. */
const MOST_BYTES = 64 * 1024;

const SPACE = String.raw`[ \t\r\n]*`;
const STRING = String.raw`"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"`;
const NUMBER = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const MEMBER = new RegExp(
  `${SPACE}(${STRING})${SPACE}:${SPACE}(?:(null|${NUMBER})(?=[\\s,}])${SPACE})?`,
  'y',
);
const LINE = new RegExp(`^([^:"]+):[ \\t]*(null|${NUMBER})[ \\t]*$`);
const NOT_FINITE = /^[+-]?\.?(?:nan|inf|infinity)\b/i;
const OTHER_TYPE = /^(?:true\b|false\b|["{[])/;

export interface WrittenScore {
  readonly key: string;
  /** Null for a score that the program says is absent. */
  readonly value: number | null;
}

export type WrittenScores =
  | { readonly kind: 'scores'; readonly scores: readonly WrittenScore[] }
  | { readonly kind: 'failed'; readonly code: FailureCode }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly why: string };

/**
 * Reads the file of scores of a program that saw data of the site, and takes no second meaning: one object of keys and numbers (or null, for a
 * score that is absent), each key once. Anything else may be a way to say more, and refuses the release.
 */
export async function readWrittenScores(output: string): Promise<WrittenScores> {
  for (const [name, read] of [
    ['scores.json', scoresInJson],
    ['scores.txt', scoresInLines],
  ] as const) {
    const file = await readBounded(join(output, name), MOST_BYTES);
    if (file.kind === 'absent') continue;
    if (file.kind !== 'content') return refused(RefusalCode.RELEASE, `${name} is ${file.kind}`);
    const text = textOf(file.bytes);
    return text === null ? refused(RefusalCode.RELEASE, `${name} is not UTF-8`) : read(text);
  }
  return { kind: 'failed', code: FailureCode.SCORES_MISSING };
}

/** `{"key": number, ...}` and nothing else. */
export function scoresInJson(text: string): WrittenScores {
  const body = /^[ \t\r\n]*\{([\s\S]*)\}[ \t\r\n]*$/.exec(text)?.[1];
  if (body === undefined) return refused(RefusalCode.RELEASE, 'not one object');
  if (body.trim() === '') return { kind: 'scores', scores: [] };
  const members: [string, string][] = [];
  // With its closing brace back, each member is followed by a comma or by the end.
  const source = `${body}}`;
  for (let at = 0; at < source.length; ) {
    MEMBER.lastIndex = at;
    const [whole, key, value] = MEMBER.exec(source) ?? [];
    if (whole === undefined || key === undefined) return refused(RefusalCode.RELEASE, 'not JSON');
    if (value === undefined) return unfitValue(source.slice(at + whole.length));
    const end = at + whole.length;
    members.push([JSON.parse(key), value]);
    if (source[end] === '}' && end === source.length - 1) break;
    if (source[end] !== ',') return refused(RefusalCode.RELEASE, 'not JSON');
    at = end + 1;
  }
  return toScores(members);
}

/** `key: number` in lines. */
export function scoresInLines(text: string): WrittenScores {
  const members: [string, string][] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const [, key, value] = LINE.exec(line) ?? [];
    if (key === undefined || value === undefined) return unfitValue(line.slice(line.indexOf(':') + 1).trim());
    members.push([key.trim(), value]);
  }
  return toScores(members);
}

function toScores(members: readonly (readonly [string, string])[]): WrittenScores {
  const keys = new Set<string>();
  const scores: WrittenScore[] = [];
  for (const [key, written] of members) {
    if (keys.has(key)) return refused(RefusalCode.RELEASE, 'a key comes twice');
    keys.add(key);
    scores.push({ key, value: written === 'null' ? null : Number(written) });
  }
  return { kind: 'scores', scores };
}

function unfitValue(rest: string): WrittenScores {
  if (NOT_FINITE.test(rest)) return refused(RefusalCode.SCORE_RANGE, 'a score is not finite');
  if (OTHER_TYPE.test(rest)) return refused(RefusalCode.SCORE_TYPE, 'a score is not a number');
  return refused(RefusalCode.RELEASE, 'not JSON');
}

function textOf(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function refused(code: RefusalCode, why: string): WrittenScores {
  return { kind: 'refused', code, why };
}
