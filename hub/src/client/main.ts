#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { bundleCommand } from './bundle-check.ts';
import { dumpCommand, resultsCommand, uploadCommand } from './competition-commands.ts';
import { EXIT_FAILED, EXIT_USAGE, UsageError } from './errors.ts';
import { loginCommand, logoutCommand } from './login.ts';
import { submitCommand, watchCommand } from './submission-commands.ts';
import { verifyCommand } from './verify.ts';

const USAGE = `weir: for participants, organizers and auditors

  weir login URL [--username NAME]
      Asks for the password, or reads it from the input, and keeps a token of yours for the other commands. WEIR_TOKEN instead of a name
      and a password works too. Scripts need not log in: they set WEIR_URL and WEIR_TOKEN.
  weir logout
      Forgets the token.

  weir submit FILE --phase PHASE [--task TASK]... [--name NAME] [--watch] [--json]
      Enters a phase, with all of its tasks or some, and prints the submission's number. With --watch, as below.
  weir watch SUBMISSION [--json]
      Stays until a submission is over, tells what happens, and prints its scores.
  weir results PHASE [--json]
      Prints the board of a phase.

  weir bundle check FILE|FOLDER [--json]
      Says what is wrong with a competition bundle, zipped or not, with file, line and cure. Nothing is sent anywhere.
  weir upload FILE [--json]
      Makes a competition of a bundle, and prints its address; or says what is wrong with the bundle.
  weir dump COMPETITION [--output FILE] [--keys] [--archive] [--json]
      Takes a competition away as a bundle: with its data, or the keys of its data; and with an archive of what was entered.

  weir verify FILE [--hub-key FINGERPRINT_OR_FILE] [--json]
      Checks a receipt without asking anybody. Say which key is the hub's: its fingerprint (sha256:...), or a file saved from the hub's
      /.well-known/weir/keys.json. Without it the signatures are checked, but anybody could have made them.

Results are printed to the output, everything else beside it. Exit codes: 0 done and in order, 1 not, 2 wrong usage.
`;

type Flags = ReturnType<typeof parse>['values'];

type Command = (words: readonly string[], flags: Flags) => Promise<number>;

const COMMANDS = new Map<string, Command>([
  ['login', loginCommand],
  ['logout', logoutCommand],
  ['submit', submitCommand],
  ['watch', watchCommand],
  ['results', resultsCommand],
  ['bundle', bundleCommand],
  ['upload', uploadCommand],
  ['dump', dumpCommand],
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
        username: { type: 'string' },
        phase: { type: 'string' },
        task: { type: 'string', multiple: true },
        name: { type: 'string' },
        watch: { type: 'boolean', default: false },
        output: { type: 'string', short: 'o' },
        keys: { type: 'boolean', default: false },
        archive: { type: 'boolean', default: false },
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
  if (isUsage) process.stderr.write('weir --help lists all commands.\n');
  process.exitCode = isUsage ? EXIT_USAGE : EXIT_FAILED;
}
