#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { readEnvironment } from '../config/config.ts';
import { attestCommand } from './attest.ts';
import { consoleCommand } from './console.ts';
import { datasetCommand } from './dataset.ts';
import { enrolCommand } from './enrol.ts';
import { exitCodeOf, UsageError } from './errors.ts';
import { keysCommand } from './keys.ts';
import { ledgerCommand } from './ledger.ts';
import { policyCommand } from './policy.ts';

const USAGE = `weir-node: evaluates next to the data, and lets out what the site's policy permits

  weir-node enrol --hub URL --token TOKEN --name NAME --home DIR
  weir-node enrol --again --token TOKEN [--hub URL] --home DIR
  weir-node dataset add NAME --version V [--input DIR] [--reference DIR] [--counts patients=120,visits=300]
                        [--synthetic-input DIR] [--synthetic-reference DIR] --home DIR
  weir-node dataset list --home DIR
  weir-node dataset check [NAME --version V] [--full] --home DIR
  weir-node dataset remove NAME --version V --home DIR
  weir-node policy example
  weir-node policy check [--policy FILE] --home DIR
  weir-node policy test [CASES] [--policy FILE] --home DIR
  weir-node policy explain RUN --home DIR
  weir-node ledger verify [FILE] [--json] --home DIR
  weir-node ledger show [--run R] [--kind K] [--json] --home DIR
  weir-node ledger export --out FILE [--from N] [--to M] --home DIR
  weir-node keys show | rotate --home DIR
  weir-node attest keygen --out KEY.pem
  weir-node attest --key KEY.pem --out FILE DIGEST_OR_FILE...
  weir-node console address --home DIR
  weir-node console person add NAME --organization ORGANIZATION [--role reviewer|steward] --home DIR
  weir-node console person list | remove NAME --home DIR
  weir-node run --home DIR [--engine auto|docker|podman|bubblewrap|apptainer|slurm|scripted] [--slots N] [--gpus N] [--drain-seconds S] [--console PORT|off]

--home may be left out where WEIR_NODE_HOME is set.
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 a check found problems.
`;

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
  process.stderr.write(`weir-node: ${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof UsageError) process.stderr.write(`\n${USAGE}`);
  process.exitCode = exitCodeOf(error);
}
