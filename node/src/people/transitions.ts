import { AnswerRefusedError } from './errors.ts';
import type { Person, Question, RecordedVerdict, VerdictEvent } from './question.ts';
import { digestOf, newRecord, type Piece, type QuestionRecord, type QuestionState } from './record.ts';

/**
 *   open ------------vote, one is enough-----------------------> approved | refused
 *    |  ^
 *    |  +--a redaction of partly_answered or disagreed clears the votes: also the redactor votes for the copy only then
 *    |
 *    +--first of two--> partly_answered --second agrees--------> approved | refused
 *                          +--second differs--> disagreed --one of the two changes--> approved | refused
 *                                                  +--time is over------------------> refused
 *
 *   open, partly_answered --time is over--> expired
 *   open, partly_answered, disagreed --the run is over--> withdrawn
 *   withdrawn --asked again--> as the votes are
 *   expired --the next run asks for an approval--> open       (nobody has said no)
 *   any --asked again about other material--> open            (no vote counts for bytes that nobody saw)
 *
 * approved, refused and expired are answers: nothing but what is drawn here leads out of them. Every change that people or time make leaves
 * an event in the outbox, in the same write.
 */
export type QuestionEvent =
  | {
      readonly kind: 'vote';
      readonly person: Person;
      readonly vote: 'approve' | 'refuse';
      readonly reason: string;
    }
  | {
      readonly kind: 'redact';
      readonly person: Person;
      readonly of: string;
      readonly copy: { readonly digest: string; readonly bytes: number };
      readonly reason: string;
    }
  | { readonly kind: 'ask'; readonly question: Question }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'withdraw' };

const FOLLOWS: Readonly<Record<QuestionState, readonly QuestionEvent['kind'][]>> = {
  open: ['vote', 'redact', 'timeout', 'withdraw', 'ask'],
  partly_answered: ['vote', 'redact', 'timeout', 'withdraw', 'ask'],
  disagreed: ['vote', 'redact', 'timeout', 'withdraw', 'ask'],
  approved: ['ask'],
  refused: ['ask'],
  expired: ['ask'],
  withdrawn: ['ask'],
};

export function isAnswered(state: QuestionState): state is 'approved' | 'refused' | 'expired' {
  return state === 'approved' || state === 'refused' || state === 'expired';
}

/** Whether people can still say something. */
export function isWaiting(state: QuestionState): state is 'open' | 'partly_answered' | 'disagreed' {
  return state === 'open' || state === 'partly_answered' || state === 'disagreed';
}

/** The record after an event. Pure. @throws AnswerRefusedError when the event does not fit the state, or the person the question. */
export function follow(record: QuestionRecord, event: QuestionEvent, now: string): QuestionRecord {
  if (!FOLLOWS[record.state].includes(event.kind)) throw new AnswerRefusedError('closed');
  switch (event.kind) {
    case 'vote':
      return vote(record, event, now);
    case 'redact':
      return redact(record, event, now);
    case 'ask':
      return askAgain(record, event.question, now);
    case 'timeout':
      return timeOut(record, now);
    case 'withdraw':
      return { ...record, state: 'withdrawn', since: now };
    default:
      return event satisfies never;
  }
}

/** Nobody decides about, or looks at, what comes from their own organization: by its name, or by a domain or one below it. */
export function isOfSubmitter({ question }: QuestionRecord, { organization, domains = [] }: Person): boolean {
  const theirs = question.submitterOrganization?.split('\n').map(plain) ?? [];
  const own = [organization, ...domains].map(plain);
  return theirs.some((one) =>
    own.some((other) => one === other || (other.includes('.') && one.endsWith(`.${other}`))),
  );
}

function vote(
  record: QuestionRecord,
  { person, vote: kind, reason }: Extract<QuestionEvent, { kind: 'vote' }>,
  now: string,
): QuestionRecord {
  if (isOfSubmitter(record, person)) throw new AnswerRefusedError('own_organization');
  if (kind === 'refuse' && reason.trim() === '') throw new AnswerRefusedError('reason_missing');
  const others = record.votes.filter((each) => each.person !== person.name);
  if (others.length >= record.question.reviewersNeeded) throw new AnswerRefusedError('two_have_voted');
  const votes = [
    ...others,
    { person: person.name, organization: person.organization, kind, reason, at: now },
  ];
  const next = { ...record, votes, since: now };
  return recorded({ ...next, state: stateOf(next) }, person.name, kind, reason, now);
}

function redact(
  record: QuestionRecord,
  { person, of, copy, reason }: Extract<QuestionEvent, { kind: 'redact' }>,
  now: string,
): QuestionRecord {
  if (isOfSubmitter(record, person)) throw new AnswerRefusedError('own_organization');
  if (reason.trim() === '') throw new AnswerRefusedError('reason_missing');
  // Pieces of the same bytes go together: what leaves in their place is told by their digest.
  const pieces = record.material.filter((each) => each.digest === of);
  const [piece] = pieces;
  if (!piece || !pieces.every(isRedactable)) throw new AnswerRefusedError('not_redactable');
  if (copy.bytes > piece.bytes) throw new AnswerRefusedError('redaction_grows');
  const material = record.material.map((each) => (each.digest === of ? { ...each, redacted: copy } : each));
  // Whoever has voted has voted for other bytes; and to cut one piece is not yet to let all of them leave.
  const next = { ...record, material, votes: [], state: 'open' as const, since: now };
  return recorded(next, person.name, 'redact', reason, now);
}

/** Text that people read. Scores are what they are; a run is what it is. */
export function isRedactable(piece: Piece): boolean {
  return (piece.kind === 'logs' || piece.kind === 'report') && piece.mediaType.startsWith('text/');
}

function askAgain(record: QuestionRecord, question: Question, now: string): QuestionRecord {
  const asked = question.material.map(({ digest }) => digest);
  const isSame =
    asked.length === record.material.length &&
    record.material.every(({ digest }, index) => digest === asked[index]);
  if (!isSame) {
    const fresh = { ...newRecord(question, now), outbox: record.outbox };
    if (record.votes.length === 0) return fresh;
    return recorded(fresh, 'node', 'clear', 'the material is another one than people voted about', now);
  }
  if (record.state === 'expired' && question.kind === 'approval') {
    return { ...newRecord(question, now), outbox: record.outbox };
  }
  const { material: _, ...rest } = question;
  const { createdAt, remindAt, refuseAt } = record.question;
  // The timers run from the first asking, unless the question had been given up since.
  const moments = record.state === 'withdrawn' ? {} : { createdAt, remindAt, refuseAt };
  // Rules may have become stricter meanwhile, and then one vote is no longer enough; they never become laxer for a question.
  const reviewersNeeded = Math.max(rest.reviewersNeeded, record.question.reviewersNeeded) as 1 | 2;
  const blind = rest.blind || record.question.blind;
  const again = { ...record, askedAt: now, question: { ...rest, ...moments, reviewersNeeded, blind } };
  if (record.state === 'refused' || record.state === 'expired') return again;
  const state = stateOf(again);
  return state === record.state ? again : { ...again, state, since: now };
}

function timeOut(record: QuestionRecord, now: string): QuestionRecord {
  const state = record.state === 'disagreed' ? 'refused' : 'expired';
  return recorded({ ...record, state, since: now }, 'timer', 'expire', 'nobody decided in time', now);
}

function stateOf({ question, votes }: QuestionRecord): QuestionState {
  if (votes.length === 0) return 'open';
  if (votes.length < question.reviewersNeeded) return 'partly_answered';
  if (votes.every(({ kind }) => kind === 'approve')) return 'approved';
  if (votes.every(({ kind }) => kind === 'refuse')) return 'refused';
  return 'disagreed';
}

function recorded(
  record: QuestionRecord,
  person: string,
  verdict: RecordedVerdict,
  reason: string,
  at: string,
): QuestionRecord {
  const { id: question, run, kind } = record.question;
  const common = { question, run, person, verdict, reason };
  const event: VerdictEvent =
    kind === 'approval' ? { kind, ...common } : { kind, ...common, digest: digestOf(record.material) };
  return { ...record, outbox: [...record.outbox, { at, event }] };
}

/** Organizations are written by people and by hubs: case and spaces do not tell them apart. */
function plain(text: string): string {
  return text.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase();
}
