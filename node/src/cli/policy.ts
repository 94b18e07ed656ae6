import { readFile } from 'node:fs/promises';
import { type readEnvironment, toHome } from '../config/config.ts';
import { homeAt } from '../home/home.ts';
import { readPolicy } from '../policy/policy-file.ts';
import { UsageError } from './errors.ts';
import type { Flags } from './main.ts';

export async function policyCommand(
  words: readonly string[],
  flags: Flags,
  env: ReturnType<typeof readEnvironment>,
): Promise<number> {
  switch (words[0]) {
    case 'check': {
      const { policy } = homeAt(toHome(flags.home, env));
      const { digest } = await readPolicy(policy);
      process.stdout.write(`${policy}: in order, ${digest}\n`);
      return 0;
    }
    case 'example':
      process.stdout.write(await readFile(new URL('../policy/example.yaml', import.meta.url), 'utf8'));
      return 0;
    default:
      throw new UsageError('say what to do with the policy: check or example');
  }
}
