import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

const STOPS_WITHIN_MS = 20_000;

/**
 * A process that takes part in a benchmark: it is told what to do one thing at a time, and answers each. Nothing waits for it without bound,
 * and nothing waits on after one of the processes has ended: a benchmark that hangs says nothing, and holds up whoever runs it.
 */
export class Partner<Command extends { readonly kind: string }, Answer> implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly #name: string;
  readonly #broken: AbortController;
  #isStopping = false;

  /** @param broken aborts when a process of the benchmark has ended of its own accord. */
  constructor(name: string, program: string, env: NodeJS.ProcessEnv, broken: AbortController) {
    this.#name = name;
    this.#broken = broken;
    this.process = fork(program, { env: { ...process.env, ...env, NODE_ENV: 'production' } });
    this.process.once('exit', (code, signal) => {
      if (!this.#isStopping) broken.abort(new Error(`the ${name} process ended (${signal ?? code})`));
    });
  }

  /** What it says next. */
  async next(what: string, withinMs: number): Promise<Answer> {
    const late = AbortSignal.timeout(withinMs);
    const signal = AbortSignal.any([this.#broken.signal, late]);
    try {
      const [answer] = (await once(this.process, 'message', { signal })) as [Answer];
      return answer;
    } catch (error) {
      if (this.#broken.signal.aborted) throw this.#broken.signal.reason;
      if (late.aborted)
        throw new Error(`the ${this.#name} process said nothing to '${what}' in ${withinMs} ms`);
      throw error;
    }
  }

  ask(command: Command, withinMs: number): Promise<Answer> {
    this.#broken.signal.throwIfAborted();
    this.process.send(command);
    return this.next(command.kind, withinMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    await stop(this.process, () => this.process.send({ kind: 'stop' }));
  }
}

/** Ends a process, in order if it can. */
export async function stop(child: ChildProcess, ask: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  ask();
  const killing = setTimeout(() => child.kill('SIGKILL'), STOPS_WITHIN_MS);
  await exit;
  clearTimeout(killing);
}
