import { type readEnvironment, toConfig } from '../config/config.ts';
import { type RunningNode, startNode } from '../index.ts';
import { createLogger, type Logger } from '../logging/logger.ts';
import { EXIT_FAILED } from './errors.ts';
import type { Flags } from './main.ts';

/**
 *   working --1st signal--> draining --time is up, or 2nd signal--> interrupting --> stopped
 *                                                                   3rd signal: exits at once
 *
 * Leaving at once loses nothing: the journal has the attempts, and the next start goes on with them.
 */
export async function runCommand(flags: Flags, env: ReturnType<typeof readEnvironment>): Promise<number> {
  const config = toConfig(flags, env);
  const logger = createLogger(config.logLevel);
  await using node = await startNode(config, { logger });
  if (node.consoleEntrance !== null) {
    process.stdout.write(`The console of this node, for the steward (works once): ${node.consoleEntrance}\n`);
  }
  const stop = new AbortController();
  const stopped = drainOnSignal(node, config.drainMs, stop, logger);
  try {
    await Promise.race([stopped, node.failure]);
    logger.info('stopped');
    return 0;
  } catch (error) {
    logger.fatal({ err: error }, 'the node cannot go on');
    return EXIT_FAILED;
  }
}

function drainOnSignal(
  node: RunningNode,
  drainMs: number,
  stop: AbortController,
  logger: Logger,
): Promise<void> {
  const drained = Promise.withResolvers<void>();
  let signals = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    signals += 1;
    logger.info({ signal }, 'asked to stop');
    if (signals === 1) {
      setTimeout(() => stop.abort(), drainMs).unref();
      node.drain(stop.signal).then(drained.resolve, drained.reject);
    } else if (signals === 2) {
      stop.abort();
    } else {
      process.exit(EXIT_FAILED);
    }
  };
  // Nobody who asks for it in the console is in a hurry: no time limit.
  node.stopAsked.then(() => node.drain(stop.signal)).then(drained.resolve, drained.reject);
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return drained.promise;
}
