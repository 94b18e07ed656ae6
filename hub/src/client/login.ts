import { ANSWERS } from '../rest/answers.ts';
import { forgetCredentials, hubUrl, keepCredentials } from './credentials.ts';
import { UsageError } from './errors.ts';
import { HubClient } from './hub-client.ts';
import { ask, askSecret, print, tell } from './terminal.ts';

interface Flags {
  readonly json: boolean;
  readonly username?: string | undefined;
}

/** Keeps a token, never the password: of a name and a password, or one of the account page as WEIR_TOKEN. */
export async function loginCommand([address]: readonly string[], flags: Flags): Promise<number> {
  const { env } = process;
  const where = address ?? env.WEIR_URL;
  if (!where) throw new UsageError('say where: weir login URL');
  const url = hubUrl(where);
  const token = env.WEIR_TOKEN || (await tokenFor(url, flags.username));
  const { username } = await new HubClient(url, token).get('/api/my_profile/', ANSWERS.Profile);
  const file = await keepCredentials(env, { url, token, username });
  if (flags.json) print({ url, username, file });
  else tell(`Logged in at ${url} as ${username}. The token is kept in ${file}.`);
  return 0;
}

async function tokenFor(url: string, name: string | undefined): Promise<string> {
  const username = name ?? (await ask('User name or e-mail address: '));
  const password = await askSecret('Password: ');
  const { token } = await new HubClient(url, null).post(
    '/api/api-token-auth/',
    { username, password },
    ANSWERS.Token,
  );
  return token;
}

export async function logoutCommand(): Promise<number> {
  await forgetCredentials(process.env);
  tell('The token is forgotten here. To end it everywhere, revoke it on the account page.');
  return 0;
}
