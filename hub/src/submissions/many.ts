import type { Actor } from '../accounts/access.ts';
import { DomainError } from '../http/domain-error.ts';
import type { SubmissionEdit } from './editing.ts';
import type { Submissions } from './service.ts';

/** What came of the same thing done to many submissions. */
export interface ManyDone {
  readonly done: number[];
  readonly refused: { readonly id: number; readonly code: string; readonly message: string }[];
}

/** What is done to one submission, done to many: as to each of them alone. What is refused is told, and holds up no other. */
export interface ManySubmissions {
  start(actor: Actor, ids: readonly number[]): Promise<ManyDone>;
  cancel(actor: Actor, ids: readonly number[]): Promise<ManyDone>;
  remove(actor: Actor, ids: readonly number[]): Promise<ManyDone>;
  rerun(actor: Actor, ids: readonly number[], taskKey?: string): Promise<ManyDone>;
  forceOntoLeaderboard(actor: Actor, ids: readonly number[], reason: string): Promise<ManyDone>;
  setOnLeaderboard(actor: Actor, ids: readonly number[], onLeaderboard: boolean): Promise<ManyDone>;
  edit(actor: Actor, ids: readonly number[], edit: SubmissionEdit): Promise<ManyDone>;
}

export function createManySubmissions(one: Pick<Submissions, keyof ManySubmissions>): ManySubmissions {
  return {
    start: (actor, ids) => doToMany(ids, (id) => one.start(actor, id)),
    cancel: (actor, ids) => doToMany(ids, (id) => one.cancel(actor, id)),
    remove: (actor, ids) => doToMany(ids, (id) => one.remove(actor, id)),
    rerun: (actor, ids, taskKey) => doToMany(ids, (id) => one.rerun(actor, id, taskKey)),
    forceOntoLeaderboard: (actor, ids, reason) =>
      doToMany(ids, (id) => one.forceOntoLeaderboard(actor, id, reason)),
    setOnLeaderboard: (actor, ids, onLeaderboard) =>
      doToMany(ids, (id) => one.setOnLeaderboard(actor, id, onLeaderboard)),
    edit: (actor, ids, edit) => doToMany(ids, (id) => one.edit(actor, id, edit)),
  };
}

/** One after the other. A fault of ours stops. */
async function doToMany(ids: readonly number[], act: (id: number) => Promise<unknown>): Promise<ManyDone> {
  const done: number[] = [];
  const refused: ManyDone['refused'] = [];
  for (const id of new Set(ids)) {
    try {
      await act(id);
      done.push(id);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      refused.push({ id, code: error.code, message: error.message });
    }
  }
  return { done, refused };
}
