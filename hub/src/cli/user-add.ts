import { createInterface } from 'node:readline/promises';
import { AccountExistsError } from '../accounts/errors.ts';
import { openContext } from './hub-database.ts';
import { required, UsageError } from './usage-error.ts';

export interface UserAddOptions {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  readonly 'password-stdin': boolean;
  readonly admin: boolean;
  readonly robot: boolean;
}

export async function addUser(options: UserAddOptions): Promise<void> {
  const username = required('NAME', options.name);
  const email = required('--email', options.email);
  if (!options['password-stdin'])
    throw new UsageError('--password-stdin is missing: passwords are not given as arguments');
  const password = await firstLineOfInput();
  await using context = await openContext();
  try {
    const account = { username, email, password, isAdmin: options.admin, isRobot: options.robot };
    const { id } = await context.accounts.create(account);
    console.log(`account ${username} made with number ${id}`);
  } catch (error) {
    if (!(error instanceof AccountExistsError) || !error.fields?.username) throw error;
    console.log(`account ${username} exists`);
  }
}

async function firstLineOfInput(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
  throw new UsageError('standard input holds no password');
}
