import type { Accounts } from './service.ts';

/** The administrator named in the environment is one at each start, whatever was changed before, and also counts as a robot. */
export async function ensureAdministrator(
  accounts: Accounts,
  administrator: { readonly username: string; readonly password: string } | null,
): Promise<void> {
  if (!administrator) return;
  const { username, password } = administrator;
  await accounts.ensure({ username, password, email: `${username}@localhost`, isAdmin: true, isRobot: true });
}
