import { stat } from 'node:fs/promises';
import { type readEnvironment, toHome } from '../config/config.ts';
import { type Home, homeAt } from '../home/home.ts';
import { UsageError } from './errors.ts';
import type { Flags } from './main.ts';

/** The home that a command is about, for commands that look at what is there: of a folder that does not exist they would say that all is well. */
export async function existingHome(
  flags: Pick<Flags, 'home'>,
  env: ReturnType<typeof readEnvironment>,
): Promise<Home> {
  const home = homeAt(toHome(flags.home, env));
  const isThere = await stat(home.root).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isThere)
    throw new UsageError(`--home ${home.root}: there is no such folder; say where the node lives`);
  return home;
}
