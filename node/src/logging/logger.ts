import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/**
 * The one place where loggers are made. Everything else takes a logger and binds what it knows (`part`, `run`, `attempt`) with `child`.
 * Nothing that a container printed is ever logged here: the node's log is read by people who may not see a site's data.
 */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return destination ? pino(options, destination) : pino(options);
}
