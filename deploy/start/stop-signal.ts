/** Signals that come through the terminal and through npm at the same time are one. */
const SAME_MOMENT = 1_500;

/**
 * An abort signal for the first Ctrl-C (or TERM, or a vanished parent); `onSecond` is called for a later one, from a person
 * who does not want to wait.
 */
export function stopSignal(onSecond: () => void): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  const onSignal = (): void => {
    if (first === 0) {
      first = Date.now();
      controller.abort(new StoppedError());
    } else if (Date.now() - first > SAME_MOMENT) {
      onSecond();
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  process.once('disconnect', onSignal);
  return controller.signal;
}

/** The person has asked to stop; nothing is wrong. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}
