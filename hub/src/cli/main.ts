import { parseArgs } from 'node:util';
import { ConfigError } from '../config/errors.ts';
import { DomainError } from '../http/domain-error.ts';
import { enrolToken } from './enrol-token.ts';
import { migrateDatabase } from './migrate-database.ts';
import { retireKey, rotateKeys } from './rotate-keys.ts';
import { UsageError } from './usage-error.ts';
import { addUser } from './user-add.ts';

const USAGE = `Usage: node hub/src/cli/main.ts COMMAND

  user add NAME --email E --password-stdin [--admin] [--robot]
      Makes an account; the password is the first line of standard input. Leaves one that exists as it is.
  enrol-token --site S --title T [--serves-default-queue] [--shares-scores]
      Prints a one-time token for a node of the site, which is made when there is none. With --shares-scores its scores may be shown as its own.
  keys rotate
      Makes a new key for receipts and for calls to peers, signed by the one before, and prints its fingerprint. Hub processes sign with it within
      half a minute.
  keys retire ID
      Ends an older key at once, which somebody else may hold: peers take no call that it signs. Receipts that it signed stay good.
  migrate
      Brings the database to this version's schema.

The database is DATABASE_URL, or the one that runs with the hub under WEIR_HOME.`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      email: { type: 'string' },
      'password-stdin': { type: 'boolean', default: false },
      admin: { type: 'boolean', default: false },
      robot: { type: 'boolean', default: false },
      site: { type: 'string' },
      title: { type: 'string' },
      'serves-default-queue': { type: 'boolean', default: false },
      'shares-scores': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [command, ...rest] = positionals;
  if (values.help) return console.log(USAGE);
  if (command === 'user' && rest[0] === 'add') return addUser({ ...values, name: rest[1] });
  if (command === 'enrol-token') return enrolToken(values);
  if (command === 'keys' && rest[0] === 'rotate') return rotateKeys();
  if (command === 'keys' && rest[0] === 'retire') return retireKey(rest[1]);
  if (command === 'migrate') return migrateDatabase();
  throw new UsageError(USAGE);
}

try {
  await main();
} catch (error) {
  const isForPeople =
    error instanceof DomainError ||
    error instanceof ConfigError ||
    error instanceof UsageError ||
    error instanceof TypeError;
  console.error(isForPeople ? error.message : error);
  process.exitCode = 1;
}
