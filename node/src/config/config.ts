import { resolve } from 'node:path';
import type { LogLevel } from '../logging/logger.ts';
import { ENGINE_CHOICES, type EngineChoice, type SiteEngines, toSiteEngines } from './engine-config.ts';
import { InvalidConfigError } from './errors.ts';

export const EXECUTOR_CHOICES = ['container', 'instant'] as const;
export type ExecutorChoice = (typeof EXECUTOR_CHOICES)[number];

const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

/** All that a running node has to be told. */
export interface NodeConfig {
  readonly home: string;
  readonly engine: EngineChoice;
  /** Where Docker or Podman listens; null for where it usually does. */
  readonly engineHost: string | null;
  /** Where rootless engines put their sockets. */
  readonly runtimeDirectory: string | null;
  readonly siteEngines: SiteEngines;
  /** How many GPUs a run may be given. */
  readonly gpus: number;
  readonly executor: ExecutorChoice;
  readonly slots: number;
  readonly cacheBytes: number;
  /** Below so much free room on the disk of the home nothing new is taken. */
  readonly minFreeBytes: number;
  /** How long runs may go on after the first signal to stop. */
  readonly drainMs: number;
  readonly logLevel: LogLevel;
  /** The port of the console on this machine; null for none. */
  readonly consolePort: number | null;
}

/** What the command line may say; it goes before the environment. */
export interface RunFlags {
  readonly home?: string | undefined;
  readonly engine?: string | undefined;
  readonly executor?: string | undefined;
  readonly slots?: string | undefined;
  readonly gpus?: string | undefined;
  readonly 'drain-seconds'?: string | undefined;
  readonly 'log-level'?: string | undefined;
  readonly console?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The only place where the node reads its environment. */
export function readEnvironment(): Environment {
  return process.env;
}

export function toHome(flag: string | undefined, env: Environment): string {
  const home = flag ?? env.WEIR_NODE_HOME;
  if (!home) {
    throw new InvalidConfigError(
      '--home (or WEIR_NODE_HOME)',
      'is missing; say in which folder the node lives, like --home /var/lib/weir-node',
    );
  }
  return resolve(home);
}

export function toConfig(flags: RunFlags, env: Environment): NodeConfig {
  const home = toHome(flags.home, env);
  return {
    home,
    engine: oneOf('--engine', ENGINE_CHOICES, flags.engine ?? env.WEIR_NODE_ENGINE ?? 'auto'),
    engineHost: env.DOCKER_HOST ?? null,
    runtimeDirectory: env.XDG_RUNTIME_DIR ?? null,
    siteEngines: toSiteEngines(home, env),
    gpus: wholeNumber('--gpus', flags.gpus ?? env.WEIR_NODE_GPUS ?? '0', 0, 1024),
    executor: oneOf('--executor', EXECUTOR_CHOICES, flags.executor ?? 'container'),
    slots: positive('--slots', flags.slots ?? env.WEIR_NODE_SLOTS ?? '2', 1024),
    cacheBytes: positive('WEIR_NODE_CACHE_GB', env.WEIR_NODE_CACHE_GB ?? '20', 1_000_000) * 1e9,
    minFreeBytes: positive('WEIR_NODE_MIN_FREE_MB', env.WEIR_NODE_MIN_FREE_MB ?? '512', 1e9) * 1e6,
    drainMs: positive('--drain-seconds', flags['drain-seconds'] ?? '60', 86_400) * 1000,
    logLevel: oneOf('--log-level', LOG_LEVELS, flags['log-level'] ?? env.WEIR_NODE_LOG_LEVEL ?? 'info'),
    consolePort: toConsolePort(flags.console ?? env.WEIR_NODE_CONSOLE ?? '4380'),
  };
}

function oneOf<Choice extends string>(name: string, choices: readonly Choice[], value: string): Choice {
  const choice = choices.find((each) => each === value);
  if (choice === undefined) {
    throw new InvalidConfigError(name, `is "${value}", but has to be one of ${choices.join(', ')}`);
  }
  return choice;
}

function toConsolePort(word: string): number | null {
  return word === 'off' ? null : positive('--console', word, 65_535);
}

function positive(name: string, value: string, max: number): number {
  return wholeNumber(name, value, 1, max);
}

function wholeNumber(name: string, value: string, min: number, max: number): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isInteger(number) || number < min || number > max) {
    throw new InvalidConfigError(name, `is "${value}", but has to be a whole number from ${min} to ${max}`);
  }
  return number;
}
