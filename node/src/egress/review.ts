import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { writeAtomically } from '../home/atomic-file.ts';
import { STEPS, type Step, type StepTexts } from '../logs/held-logs.ts';
import type { Answer, AskedQuestion, Material, MaterialKind } from '../people/question.ts';
import type { EgressRules } from '../policy/egress-rules.ts';
import type { Draft } from './draft.ts';
import { scoresInJson } from './written-scores.ts';

/** A piece of what would leave, as a person sees it: exactly these bytes. */
interface Piece {
  readonly kind: MaterialKind;
  readonly part: 'scores' | 'report' | Step;
  readonly title?: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** What of a draft a person has to see. Text that is empty is nothing to look at. */
export function piecesOf({ result, logs, report, review }: Draft): readonly Piece[] {
  const pieces: Piece[] = [];
  if (review.scores && result.kind === 'scores') {
    const bytes = Buffer.from(scoreText(result.values));
    pieces.push({ kind: 'scores', part: 'scores', mediaType: 'application/json', bytes });
  }
  for (const step of review.logs ? STEPS : []) {
    if (logs[step] === '') continue;
    pieces.push({
      kind: 'logs',
      part: step,
      title: `Log of the ${step} step`,
      mediaType: 'text/plain; charset=utf-8',
      bytes: Buffer.from(logs[step]),
    });
  }
  if (review.report && report !== null) {
    const bytes = Buffer.from(report, 'base64');
    pieces.push({ kind: 'report', part: 'report', mediaType: 'text/html', bytes });
  }
  return pieces;
}

/** The scores as they leave and as the ledger keeps them. */
export function scoreText(values: Readonly<Record<string, number>>): string {
  return JSON.stringify(values);
}

export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Writes each piece where people's desk finds it. */
export async function layOut(
  pieces: readonly Piece[],
  pathOf: (name: string) => string,
): Promise<Material[]> {
  return await Promise.all(
    pieces.map(async ({ kind, part, title, mediaType, bytes }) => {
      const path = pathOf(`review-${part}`);
      await writeAtomically(path, bytes);
      return { kind, title, mediaType, path, digest: digestOf(bytes), bytes: bytes.length };
    }),
  );
}

export function timersOf(
  { remindAfterSeconds, refuseAfterSeconds, reviewers, blind }: EgressRules['review'],
  now: Date,
): Pick<AskedQuestion, 'createdAt' | 'remindAt' | 'refuseAt' | 'reviewersNeeded' | 'blind'> {
  const after = (seconds: number) => new Date(now.getTime() + seconds * 1000).toISOString();
  return {
    createdAt: now.toISOString(),
    remindAt: after(remindAfterSeconds),
    refuseAt: after(refuseAfterSeconds),
    reviewersNeeded: reviewers,
    blind,
  };
}

/**
 * The draft as the reviewers let it through; null when what they put in the place of something is not a part of it. Scores can be taken out
 * but not changed, and text gets no longer: a review may only lessen what leaves.
 */
export function redact(draft: Draft, redacted: Answer['redacted']): Draft | null {
  let { result, report } = draft;
  const logs: Record<Step, string> = { ...draft.logs };
  for (const { part, bytes } of piecesOf(draft)) {
    const instead = redacted.get(digestOf(bytes));
    if (instead === undefined) continue;
    if (part === 'scores') {
      if (result.kind !== 'scores') return null;
      const values = withoutSome(result.values, instead);
      if (values === null) return null;
      result = { kind: 'scores', values };
    } else {
      if (instead.length > bytes.length || !isUtf8(instead)) return null;
      if (part === 'report') report = Buffer.from(instead).toString('base64');
      else logs[part] = Buffer.from(instead).toString('utf8');
    }
  }
  return { ...draft, result, report, logs: logs satisfies StepTexts };
}

function withoutSome(
  values: Readonly<Record<string, number>>,
  instead: Uint8Array,
): Record<string, number> | null {
  const read = scoresInJson(Buffer.from(instead).toString('utf8'));
  if (read.kind !== 'scores') return null;
  const kept = new Set<string>();
  for (const { key, value } of read.scores) {
    if (value === null) continue;
    if (!Object.hasOwn(values, key) || values[key] !== value) return null;
    kept.add(key);
  }
  return Object.fromEntries(Object.entries(values).filter(([key]) => kept.has(key)));
}
