import { type readEnvironment, toHome } from '../config/config.ts';
import { enrol, enrolAgain } from '../enrol/enrol.ts';
import { readFileIfThere } from '../home/atomic-file.ts';
import { type Home, homeAt } from '../home/home.ts';
import { readIdentity } from '../home/identity.ts';
import { lockHome } from '../home/lock.ts';
import { required, UsageError } from './errors.ts';
import type { Flags } from './main.ts';

export async function enrolCommand(flags: Flags, env: ReturnType<typeof readEnvironment>): Promise<number> {
  const home = homeAt(toHome(flags.home, env));
  if (flags.again) return await enrolAgainCommand(home, flags);
  if ((await readFileIfThere(home.identity)) !== null) {
    throw new UsageError(
      `${home.identity} exists: this home is a node already; give the new node a home of its own, or take this one back with --again and a token for it`,
    );
  }
  const hubUrl = hubAddress(required('--hub', flags.hub));
  const identity = await enrol(home, {
    hubUrl,
    token: required('--token', flags.token),
    name: required('--name', flags.name),
  });
  process.stdout.write(
    `enrolled as ${identity.name} (${identity.nodeId}) of site ${identity.site} at ${identity.hub}\n` +
      `next: write ${home.policy} (weir-node policy example shows one), then weir-node run --home ${home.root}\n`,
  );
  return 0;
}

/** A node whose certificate has ended, or whose key may be in other hands, comes back as it was. */
async function enrolAgainCommand(home: Home, flags: Flags): Promise<number> {
  const before = await readIdentity(home);
  await using _ = await lockHome(home.lock);
  const identity = await enrolAgain(home, {
    hubUrl: hubAddress(flags.hub ?? before.hubUrl),
    token: required('--token', flags.token),
    name: flags.name,
  });
  process.stdout.write(
    `enrolled again as ${identity.name} (${identity.nodeId}) of site ${identity.site} at ${identity.hub}; earlier certificates no longer work\n`,
  );
  return 0;
}

function hubAddress(url: string): string {
  if (URL.canParse(url)) return url;
  throw new UsageError(`--hub ${url} is not an address like https://hub.example.org`);
}
