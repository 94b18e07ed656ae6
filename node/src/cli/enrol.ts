import { type readEnvironment, toHome } from '../config/config.ts';
import { enrol } from '../enrol/enrol.ts';
import { readFileIfThere } from '../home/atomic-file.ts';
import { homeAt } from '../home/home.ts';
import { required, UsageError } from './errors.ts';
import type { Flags } from './main.ts';

export async function enrolCommand(flags: Flags, env: ReturnType<typeof readEnvironment>): Promise<number> {
  const home = homeAt(toHome(flags.home, env));
  if ((await readFileIfThere(home.identity)) !== null) {
    throw new UsageError(
      `${home.identity} exists: this home is a node already; give the new node a home of its own`,
    );
  }
  const hubUrl = required('--hub', flags.hub);
  if (!URL.canParse(hubUrl))
    throw new UsageError(`--hub ${hubUrl} is not an address like https://hub.example.org`);
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
