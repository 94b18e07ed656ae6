import { type Assignment, OutputKind, RefusalCode } from '@weir/proto/node/v1';
import type { Permission } from '../policy/decide.ts';
import type { EgressRules } from '../policy/egress-rules.ts';
import type { Account, Books } from './books.ts';
import type { Budgets, Reservation } from './budgets.ts';
import { type Column, permittedColumns } from './columns.ts';
import { type Costs, costsOf, worstBits } from './costs.ts';
import { permittedLogs } from './log-level.ts';

/** Under what conditions the containers of a run may begin: fixed before they do, and only tightened afterwards. */
export interface Terms {
  readonly columns: readonly Column[];
  /** Null for a run that sees no data of the site: nothing of it is counted. */
  readonly costs: Costs | null;
  /** The most that it may cost, put aside. */
  readonly reservation: Reservation | null;
}

export type TermsResult =
  | { readonly kind: 'terms'; readonly terms: Terms }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly rule: string; readonly why: string };

/**
 * Settles what a run may let out at most, and puts the bits aside. A run that could not let out anything, or whose budget is spent, is
 * refused here, before a container sees the data: such a refusal says nothing of them.
 */
export function settleTerms(
  assignment: Assignment,
  permission: Permission,
  account: Account,
  budgets: Budgets,
): TermsResult {
  const permitted = permittedColumns(assignment.scoreColumns, permission.egress.scores);
  if (permitted.kind === 'refused') {
    return { ...permitted, why: 'what the competition declares is more than the site lets out' };
  }
  const { columns } = permitted;
  if (!permission.siteData) return { kind: 'terms', terms: { columns, costs: null, reservation: null } };
  const costs = costsOf(
    columns,
    { ...permission.egress, logs: permittedLogs(assignment, permission) },
    {
      stepSeconds: assignment.limits?.stepSeconds ?? 0,
      takesReport: takesReport(assignment),
    },
  );
  const worst = worstBits(costs);
  const reservation = budgets.reserve(account, worst, permission.egress.budget);
  if (reservation !== null) return { kind: 'terms', terms: { columns, costs, reservation } };
  const why = `it could tell up to ${worst} bits, and so many are not left`;
  return { kind: 'refused', code: RefusalCode.BUDGET, rule: 'budget', why };
}

/** Whether the hub has a place for the report. */
export function takesReport({ outputs }: Assignment): boolean {
  return outputs.some(({ kind }) => kind === OutputKind.DETAILED_RESULT);
}

/** What of a release a person has to see. */
export function reviewsOf(
  { review, reports }: EgressRules,
  account: Account,
  books: Books,
): { scores: boolean; logs: boolean; report: boolean } {
  const isFirst = !books.hasReleased(account);
  return {
    scores: review.scores === 'always' || (review.scores === 'first' && isFirst),
    logs: review.logs === 'always',
    report: reports === 'review',
  };
}
