import { z } from 'zod';
import { InvalidAccountError } from './errors.ts';

/** Names that people would take for the hub speaking. Accounts made by its operator may have them. */
const RESERVED = new Set(
  'admin administrator anonymous api everyone help hub me moderator node nobody official postmaster root security staff support system weir'.split(
    ' ',
  ),
);

const username = z
  .string()
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,49}$/,
    'A username has 2 to 50 letters, digits, dots, hyphens or underscores, and starts with a letter or digit.',
  );
const email = z.email('This is not an e-mail address.').max(254, 'This e-mail address is too long.');
const newPassword = z
  .string()
  .min(10, 'A password has at least 10 characters.')
  .max(200, 'A password has at most 200 characters.');

export interface Registration {
  readonly username: string;
  readonly email: string;
  readonly password: string;
}

/** @throws InvalidAccountError naming each field that is wrong */
export function checkRegistration(input: Registration): Registration {
  const registration = check(z.object({ username, email, password: newPassword }), {
    ...input,
    email: input.email.trim(),
  });
  requireUnreserved(registration.username);
  if ([registration.username, registration.email].includes(registration.password)) {
    throw new InvalidAccountError({ password: 'The password must not be your name or e-mail address.' });
  }
  return registration;
}

/** @throws InvalidAccountError */
export function checkUsername(name: string): void {
  check(z.object({ username }), { username: name });
  requireUnreserved(name);
}

function requireUnreserved(name: string): void {
  if (RESERVED.has(name.toLowerCase()))
    throw new InvalidAccountError({ username: 'This username is reserved. Choose another one.' });
}

/** For accounts made by the hub's operator, who answers for the password. @throws InvalidAccountError */
export function checkOperatorsAccount(input: Registration): Registration {
  return check(z.object({ username, email: z.string().min(3), password: z.string().min(1) }), input);
}

/** An @ stands before the hub that somebody is of: nobody of this one can look like that. @throws InvalidAccountError */
export function checkDisplayName(displayName: string): string {
  const plain = z
    .string()
    .regex(
      /^[^@\p{C}]*$/u,
      'A display name has no @, which is for people of other hubs, and no control characters.',
    );
  return check(z.object({ displayName: plain }), { displayName: displayName.trim() }).displayName;
}

/** @throws InvalidAccountError */
export function checkNewPassword(next: string): string {
  return check(z.object({ next: newPassword }), { next }).next;
}

function check<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new InvalidAccountError(
    Object.fromEntries(result.error.issues.map((issue) => [issue.path.join('.'), issue.message])),
  );
}
