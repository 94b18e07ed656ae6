import type { Assignment, FailureCode, RefusalCode } from '@weir/proto/node/v1';
import { z } from 'zod';
import type { StepTimes } from '../contract/metadata.ts';
import { readReport } from '../contract/report.ts';
import type { Account, Books } from '../egress/books.ts';
import { readCases } from '../egress/cases.ts';
import { type Column, permittedColumns } from '../egress/columns.ts';
import type { Draft } from '../egress/draft.ts';
import { releaseScores } from '../egress/gate.ts';
import { computationKey } from '../egress/identity.ts';
import { reviewsOf, type Terms, takesReport } from '../egress/terms.ts';
import { readWrittenScores, type WrittenScores } from '../egress/written-scores.ts';
import { NO_TEXTS, type StepTexts } from '../logs/held-logs.ts';
import type { Permission } from '../policy/decide.ts';
import type { ShownDataset } from './prepare.ts';

/** What came of a run, before the gate has looked at it. */
export type Ending =
  | {
      readonly kind: 'scored';
      /** As Codabench reads them. Next to data of the site the file is read again, more strictly. */
      readonly scores: Readonly<Record<string, number>>;
      readonly prediction: StepTimes;
      readonly scoring: StepTimes;
    }
  | { readonly kind: 'failed'; readonly code: FailureCode }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly rule: string; readonly why: string };

export interface DraftParts {
  readonly assignment: Assignment;
  readonly books: Books;
  readonly account: Account;
  /** Null when the policy never permitted the run. */
  readonly permission: Permission | null;
  readonly terms: Terms | null;
  readonly hasSeen: boolean;
  readonly imageDigest: string;
  readonly datasets: readonly ShownDataset[];
  /** The folder that the scoring program wrote. */
  readonly output: string;
}

/** Puts what came of a run through the gate: what would leave of it. */
export async function makeDraft(
  ending: Ending,
  parts: DraftParts & { readonly logs: { texts(): StepTexts } | null },
): Promise<Draft> {
  const { permission, hasSeen, logs, terms } = parts;
  const result = await gated(ending, parts);
  const costs = hasSeen ? (terms?.costs ?? null) : null;
  const report = result.kind === 'scores' ? await reportOf(parts, costs?.reportRoom ?? null) : null;
  return {
    ...frameOf(parts, terms?.columns ?? []),
    result,
    logs: hasSeen ? { ...(logs?.texts() ?? NO_TEXTS) } : { ...NO_TEXTS },
    report,
    costs,
    bucketSeconds: hasSeen ? (permission?.egress.timing.bucketSeconds ?? null) : null,
    review: permission
      ? reviewsOf(permission.egress, parts.account, parts.books)
      : { scores: false, logs: false, report: false },
  };
}

/** The answer that this submitter was given to the same question, if the ledger has it: it is given again, and tells nothing new. */
export function findAnswer(parts: DraftParts): Draft | null {
  const { assignment, books, account, permission } = parts;
  if (!permission?.siteData) return null;
  const permitted = permittedColumns(assignment.scoreColumns, permission.egress.scores);
  if (permitted.kind === 'refused') return null;
  const frame = frameOf(parts, permitted.columns);
  const given = books.findScores(account.submitter, frame.key);
  if (given === null) return null;
  return {
    ...frame,
    result: { kind: 'scores', values: z.record(z.string(), z.number()).parse(JSON.parse(given.toString())) },
    logs: { ...NO_TEXTS },
    report: null,
    costs: null,
    bucketSeconds: null,
    // People have looked at it when it left first.
    review: { scores: false, logs: false, report: false },
  };
}

/** Whom a run is charged to, and which computation it is. */
export function frameOf(
  { assignment, account, imageDigest, datasets }: DraftParts,
  columns: readonly Column[],
): Pick<Draft, 'account' | 'key' | 'imageDigest' | 'datasetDigest'> {
  return {
    account: { submitter: account.submitter, datasets: [...account.datasets] },
    key: computationKey({ assignment, imageDigest: imageDigest || null, datasets, columns }),
    imageDigest,
    datasetDigest: datasets[0]?.digest ?? null,
  };
}

async function gated(ending: Ending, parts: DraftParts): Promise<Draft['result']> {
  const { permission, assignment, output, datasets } = parts;
  if (ending.kind === 'refused') {
    return { kind: 'refusal', code: ending.code, rule: ending.rule, why: ending.why };
  }
  if (ending.kind === 'failed') return { kind: 'failure', code: ending.code };
  if (permission === null) throw new Error('scores of a run that was not permitted');
  const { siteData, egress } = permission;
  const permitted = permittedColumns(assignment.scoreColumns, egress.scores);
  if (permitted.kind === 'refused') {
    return { kind: 'refusal', code: permitted.code, rule: permitted.rule, why: 'the policy has changed' };
  }
  const written = siteData ? await readWrittenScores(output) : lenient(ending.scores);
  if (written.kind === 'failed') return { kind: 'failure', code: written.code };
  if (written.kind === 'refused') {
    return { kind: 'refusal', code: written.code, rule: 'scores', why: written.why };
  }
  const counts = datasets.flatMap(({ cases }) => (cases === null ? [] : [cases]));
  const cases = await readCases(output, counts[0] ?? null);
  const release = releaseScores(written.scores, { columns: permitted.columns, cases, siteData });
  switch (release.kind) {
    case 'released':
      return { kind: 'scores', values: { ...release.values } };
    case 'failed':
      return { kind: 'failure', code: release.code };
    case 'refused':
      return { kind: 'refusal', code: release.code, rule: release.rule, why: release.why };
    default:
      return release satisfies never;
  }
}

function lenient(scores: Readonly<Record<string, number>>): WrittenScores {
  return { kind: 'scores', scores: Object.entries(scores).map(([key, value]) => ({ key, value })) };
}

/** base64, null when there is none, it is too large, or none may leave. */
async function reportOf(
  { assignment, permission, output }: DraftParts,
  room: number | null,
): Promise<string | null> {
  if (!permission || permission.egress.reports === 'no' || !takesReport(assignment)) return null;
  if (permission.siteData && room === null) return null;
  const most = Math.min(permission.egress.reportBytes, room ?? Number.POSITIVE_INFINITY);
  return (await readReport(output, most))?.toString('base64') ?? null;
}
