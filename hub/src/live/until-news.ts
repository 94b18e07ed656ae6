import type { LiveBus, Topic } from './bus.ts';

/** What one look has found. */
interface Look<Answer> {
  readonly answer: Answer;
  /** It says something: there is nothing to wait for. */
  readonly hasNews: boolean;
  /** The next look, at the latest; without, only after a hint. */
  readonly again?: Promise<unknown> | undefined;
}

/**
 * Holds an answer back while there is nothing to tell: looks, and looks again after each hint on the topics.
 * @param until ends the wait: what was found last is the answer then
 */
export async function untilNews<Answer>(
  live: Pick<LiveBus, 'watch'>,
  topics: Topic | readonly Topic[],
  until: AbortSignal,
  look: () => Promise<Look<Answer>>,
): Promise<Answer> {
  const hints = live.watch(topics, until)[Symbol.asyncIterator]();
  // Watched before it is read, so that nothing is missed in between.
  let hint = hints.next();
  try {
    while (true) {
      const { answer, hasNews, again } = await look();
      if (hasNews) return answer;
      const next = again ? await Promise.race([hint, again.then(() => null)]) : await hint;
      if (next?.done || until.aborted) return answer;
      if (next) hint = hints.next();
    }
  } finally {
    void hints.return?.();
  }
}
