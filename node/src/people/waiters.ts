import { QuestionSupersededError } from './errors.ts';
import type { Answer, Question } from './question.ts';

interface Waiter {
  /** Digests of what it asks about. */
  readonly asked: string;
  readonly answer: PromiseWithResolvers<Answer>;
}

/** Runs that wait for answers. Several may wait for the same one: an approval can hold for all runs of a competition. */
export class Waiters {
  readonly #byQuestion = new Map<string, Set<Waiter>>();

  /** Those who asked about other material under the same id are not to be answered with what people say about this. */
  add(question: Question): Waiter {
    const waiter = { asked: askedBy(question), answer: Promise.withResolvers<Answer>() };
    const others = this.#byQuestion.get(question.id) ?? new Set();
    for (const other of others) {
      if (other.asked !== waiter.asked) other.answer.reject(new QuestionSupersededError(question.id));
    }
    this.#byQuestion.set(question.id, others.add(waiter));
    // It may be turned away before anybody looks at it.
    waiter.answer.promise.catch(() => {});
    return waiter;
  }

  /** Without effect when it is gone already. */
  remove(id: string, waiter: Waiter): void {
    const waiters = this.#byQuestion.get(id);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.#byQuestion.delete(id);
  }

  has(id: string): boolean {
    return this.#byQuestion.has(id);
  }

  resolve(id: string, answer: Answer): void {
    for (const waiter of this.#byQuestion.get(id) ?? []) waiter.answer.resolve(answer);
  }
}

function askedBy({ material }: Question): string {
  return material.map(({ digest }) => digest).join(' ');
}
