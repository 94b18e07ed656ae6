#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { readEnvironment } from '../config/config.ts';
import { attestCommand } from './attest.ts';
import { consoleCommand } from './console.ts';
import { datasetCommand } from './dataset.ts';
import { enrolCommand } from './enrol.ts';
import { exitCodeOf, UsageError } from './errors.ts';
import { explainError } from './explain-error.ts';
import { keysCommand } from './keys.ts';
import { ledgerCommand } from './ledger.ts';
import { policyCommand } from './policy.ts';
import { USAGE, usageOf } from './usage.ts';

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  home: { type: 'string' },
  hub: { type: 'string' },
  token: { type: 'string' },
  again: { type: 'boolean' },
  name: { type: 'string' },
  version: { type: 'string' },
  input: { type: 'string' },
  reference: { type: 'string' },
  'synthetic-input': { type: 'string' },
  'synthetic-reference': { type: 'string' },
  counts: { type: 'string', multiple: true },
  full: { type: 'boolean' },
  policy: { type: 'string' },
  key: { type: 'string' },
  out: { type: 'string' },
  engine: { type: 'string' },
  executor: { type: 'string' },
  slots: { type: 'string' },
  gpus: { type: 'string' },
  'drain-seconds': { type: 'string' },
  'log-level': { type: 'string' },
  console: { type: 'string' },
  run: { type: 'string' },
  kind: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  from: { type: 'string' },
  to: { type: 'string' },
  organization: { type: 'string' },
  role: { type: 'string' },
} as const;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

export type Flags = ReturnType<typeof parse>['values'];

async function main(args: readonly string[]): Promise<number> {
  const { values: flags, positionals } = parse(args);
  const [command, ...rest] = positionals;
  if (flags.help || command === undefined) {
    process.stdout.write(USAGE);
    return flags.help ? 0 : 2;
  }
  const env = readEnvironment();
  // The node itself is loaded where it is started: the other commands answer at once.
  switch (command) {
    case 'enrol':
      return await enrolCommand(flags, env);
    case 'dataset':
      return await datasetCommand(rest, flags, env);
    case 'attest':
      return await attestCommand(rest, flags);
    case 'policy':
      return await policyCommand(rest, flags, env);
    case 'ledger':
      return await ledgerCommand(rest, flags, env);
    case 'keys':
      return await keysCommand(rest, flags, env);
    case 'console':
      return await consoleCommand(rest, flags, env);
    case 'run':
      return await (await import('./run.ts')).runCommand(flags, env);
    default:
      throw new UsageError(`there is no command "${command}"`);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`weir-node: ${explainError(error)}\n`);
  if (error instanceof UsageError) process.stderr.write(`\n${usageOf(process.argv[2])}`);
  process.exitCode = exitCodeOf(error);
}
