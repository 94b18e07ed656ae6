import type { ManyDone, ManyRequest, Submission } from '#lib/api/types.ts';
import { isHeld, isSettled } from '#lib/features/submissions/status.ts';

type WithoutIds<Request> = Request extends unknown ? Omit<Request, 'ids'> : never;
/** What can be done to many submissions at once. */
export type Act = WithoutIds<ManyRequest>;

/** Which of the chosen ones an act is for: the others are left alone. What the rules refuse beyond that, the hub says. */
const fits: Record<Act['action'] | 'rerun', (submission: Submission) => boolean> = {
  start: ({ status }) => isHeld(status),
  cancel: ({ status }) => !isSettled(status),
  rerun: ({ status, isRehearsal }) => isSettled(status) && !isRehearsal,
  remove: ({ status }) => isSettled(status),
  setOnLeaderboard: isForBoards,
  forceOntoLeaderboard: isForBoards,
  publish: ({ status, isRehearsal }) => status === 'Finished' && !isRehearsal,
};

function isForBoards({ status, isRehearsal, isSpecificTaskReRun }: Submission): boolean {
  return status === 'Finished' && !isRehearsal && !isSpecificTaskReRun;
}

export function targetsOf(action: keyof typeof fits, chosen: readonly Submission[]): Submission[] {
  return chosen.filter(fits[action]);
}

function tell(act: Act): string {
  switch (act.action) {
    case 'start':
      return 'started';
    case 'cancel':
      return 'cancelled';
    case 'remove':
      return 'deleted';
    case 'setOnLeaderboard':
      return act.onLeaderboard ? 'put on the board' : 'taken off the board';
    case 'forceOntoLeaderboard':
      return 'put on the board';
    case 'publish':
      return act.isPublic ? 'made public' : 'made private';
  }
}

/** "3 submissions deleted; 2 refused." */
export function tellOutcome(act: Act, { done, refused }: ManyDone): string {
  const many = `${done.length} ${done.length === 1 ? 'submission' : 'submissions'} ${tell(act)}`;
  return refused.length === 0 ? `${many}.` : `${many}; ${refused.length} refused.`;
}

/** Refusals with the same words, together: "#3, #5: ...". */
export function groupRefusals({ refused }: ManyDone): { message: string; ids: string }[] {
  const byMessage = Map.groupBy(refused, ({ message }) => message);
  return [...byMessage].map(([message, ones]) => ({
    message,
    ids: ones.map(({ id }) => `#${id}`).join(', '),
  }));
}
