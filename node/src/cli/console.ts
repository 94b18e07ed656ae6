import { type readEnvironment, toHome } from '../config/config.ts';
import { entranceAt, personsOf, type Role } from '../console/persons.ts';
import { homeAt, makeHome } from '../home/home.ts';
import { readIdentity } from '../home/identity.ts';
import { EXIT_FAILED, required, UsageError } from './errors.ts';
import type { Flags } from './main.ts';

export async function consoleCommand(
  words: readonly string[],
  flags: Flags,
  env: ReturnType<typeof readEnvironment>,
): Promise<number> {
  const home = homeAt(toHome(flags.home, env));
  const persons = personsOf(home, await readIdentity(home));
  await makeHome(home);
  const [verb, ...rest] = words;
  switch (verb) {
    case 'address': {
      const origin = await persons.origin();
      if (origin === null) {
        process.stderr.write(
          'no node has opened its console in this home yet; start it with: weir-node run\n',
        );
        return EXIT_FAILED;
      }
      process.stdout.write(`${entranceAt(origin, await persons.makeEntrance())}\n`);
      return 0;
    }
    case 'person':
      return await person(persons, rest, flags);
    default:
      throw new UsageError('say what to do with the console: address, or person add | list | remove');
  }
}

async function person(
  persons: ReturnType<typeof personsOf>,
  [verb, name]: readonly string[],
  flags: Flags,
): Promise<number> {
  switch (verb) {
    case 'add': {
      const added = {
        name: required('NAME', name),
        organization: required('--organization', flags.organization),
        role: toRole(flags.role ?? 'reviewer'),
      };
      const token = await persons.add(added);
      process.stdout.write(
        `${added.name} of ${added.organization} signs in to the console with this token. It is told once:\n${token}\n`,
      );
      return 0;
    }
    case 'list':
      for (const each of await persons.list()) {
        process.stdout.write(`${each.name}  ${each.organization}  ${each.role}\n`);
      }
      return 0;
    case 'remove': {
      if (await persons.remove(required('NAME', name))) return 0;
      process.stderr.write(`nobody is called ${name} here\n`);
      return EXIT_FAILED;
    }
    default:
      throw new UsageError('say what to do with people of the console: add, list or remove');
  }
}

function toRole(word: string): Role {
  if (word === 'steward' || word === 'reviewer') return word;
  throw new UsageError(`--role is "${word}", but has to be steward or reviewer`);
}
