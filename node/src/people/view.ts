import { AnswerRefusedError } from './errors.ts';
import type { Person, Question } from './question.ts';
import {
  currentDigest,
  digestOf,
  type Piece,
  type QuestionRecord,
  type QuestionState,
  type Vote,
} from './record.ts';
import { isOfSubmitter, isRedactable, isWaiting } from './transitions.ts';

/** A question as one person may see it. */
export interface QuestionView extends Omit<Question, 'material'> {
  readonly state: QuestionState;
  readonly since: string;
  /** Of all the material together: what `Verdict.seen` has to name. */
  readonly digest: string;
  readonly material: readonly PieceView[];
  /** Votes that this person may know of. */
  readonly votes: readonly Vote[];
  /** Votes that exist, but that this person may not know of yet. */
  readonly hiddenVotes: number;
  readonly isOverdue: boolean;
  /** False for people of the submitter's own organization: they do not even look. */
  readonly mayLook: boolean;
  /** Whether a vote of this person would count now. */
  readonly mayVote: boolean;
  /** Why not, in a sentence; null when they may. */
  readonly obstacle: string | null;
}

export interface PieceView extends Piece {
  /** Of the bytes that would leave. */
  readonly current: string;
  readonly currentBytes: number;
  readonly isRedactable: boolean;
}

export function viewFor(record: QuestionRecord, person: Person, now: number): QuestionView {
  const isOwn = isOfSubmitter(record, person);
  const votes = record.votes.filter((vote) => mayKnow(record, vote, person));
  const others = record.votes.filter((vote) => vote.person !== person.name);
  const isFull = others.length >= record.question.reviewersNeeded;
  const obstacle = isOwn ? 'own_organization' : isFull ? 'two_have_voted' : null;
  return {
    ...record.question,
    state: record.state,
    since: record.since,
    digest: digestOf(record.material),
    material: record.material.map((piece) => ({
      ...piece,
      current: currentDigest(piece),
      currentBytes: piece.redacted?.bytes ?? piece.bytes,
      isRedactable: isRedactable(piece),
    })),
    votes,
    hiddenVotes: record.votes.length - votes.length,
    isOverdue: isWaiting(record.state) && now >= Date.parse(record.question.remindAt),
    mayLook: !isOwn,
    mayVote: isWaiting(record.state) && obstacle === null,
    obstacle: obstacle && isWaiting(record.state) ? new AnswerRefusedError(obstacle).message : null,
  };
}

/** Blind: before both have voted, everybody knows of their own vote alone. */
function mayKnow({ question, state }: QuestionRecord, vote: Vote, person: Person): boolean {
  return !question.blind || state !== 'partly_answered' || vote.person === person.name;
}
