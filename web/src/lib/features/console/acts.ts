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

const told: Record<Act['action'], string> = {
  start: 'started',
  cancel: 'cancelled',
  remove: 'deleted',
  setOnLeaderboard: 'moved',
  forceOntoLeaderboard: 'put on the board',
  publish: 'changed',
};

/** "3 submissions run again; 2 refused." */
export function tellOutcome(action: Act['action'], { done, refused }: ManyDone): string {
  const many = `${done.length} ${done.length === 1 ? 'submission' : 'submissions'} ${told[action]}`;
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
