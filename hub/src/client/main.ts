#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { bundleCommand } from './bundle-check.ts';
import { EXIT_FAILED, EXIT_USAGE, UsageError } from './errors.ts';
import { verifyCommand } from './verify.ts';

const USAGE = `weir: for participants, organizers and auditors

  weir bundle check FILE|FOLDER [--json]
      Says what is wrong with a competition bundle, zipped or not, with file, line and cure. Nothing is sent anywhere.

  weir verify FILE [--hub-key FINGERPRINT_OR_FILE] [--json]
      Checks a receipt without asking anybody. Say which key is the hub's: its fingerprint (sha256:...), or a file saved from the hub's
      /.well-known/weir/keys.json. Without it the signatures are checked, but anybody could have made them.

Exit codes: 0 in order, 1 not, 2 wrong usage.
`;

type Flags = ReturnType<typeof parse>['values'];

const COMMANDS: ReadonlyMap<string, (words: readonly string[], flags: Flags) => Promise<number>> = new Map([
  ['bundle', bundleCommand],
  ['verify', verifyCommand],
]);

async function main(args: readonly string[]): Promise<number> {
  const { values: flags, positionals } = parse(args);
  const [command, ...rest] = positionals;
  if (flags.help || command === undefined) {
    process.stdout.write(USAGE);
    return flags.help ? 0 : EXIT_USAGE;
  }
  const run = COMMANDS.get(command);
  if (run === undefined) throw new UsageError(`there is no command "${command}"`);
  return await run(rest, flags);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        'hub-key': { type: 'string', multiple: true },
        json: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`weir: ${error instanceof Error ? error.message : String(error)}\n`);
  const isUsage = error instanceof UsageError;
  if (isUsage) process.stderr.write(`\n${USAGE}`);
  process.exitCode = isUsage ? EXIT_USAGE : EXIT_FAILED;
}
