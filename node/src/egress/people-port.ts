import type { Answer, AskedQuestion } from '../people/question.ts';

/** The people of the site as far as runs ask them. */
export interface PeoplePort {
  /**
   * Resolves with what was decided, maybe days later. Asked again under the same id, in this life of the process or the next, it is the same
   * question, and answers at once when it was decided. Rejects with the signal's reason when that aborts.
   */
  ask(question: AskedQuestion, signal: AbortSignal): Promise<Answer>;
}
