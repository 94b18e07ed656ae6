import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type readEnvironment, toHome } from '../config/config.ts';
import { isMissing, writeAtomically } from '../home/atomic-file.ts';
import { NotEnrolledError } from '../home/errors.ts';
import { type Home, homeAt } from '../home/home.ts';
import { fingerprintOf, readAuthority, readIdentity } from '../home/identity.ts';
import { readSiteNodes } from '../home/site-nodes.ts';
import type { LedgerEntry } from '../ledger/entry.ts';
import { readEntries } from '../ledger/read.ts';
import { adviseOn } from '../policy/advice.ts';
import { parseCases, tryCase } from '../policy/cases.ts';
import type { HubFacts } from '../policy/decide.ts';
import { PolicyUnreadableError, showProblem } from '../policy/errors.ts';
import { explainRun } from '../policy/explain.ts';
import { readPolicy } from '../policy/policy-file.ts';
import type { Policy } from '../policy/schema.ts';
import { EXIT_FAILED, required, UsageError } from './errors.ts';
import type { Flags } from './main.ts';

type Environment = ReturnType<typeof readEnvironment>;
type Hub = HubFacts;

export async function policyCommand(
  words: readonly string[],
  flags: Flags,
  env: Environment,
): Promise<number> {
  const [verb, argument] = words;
  switch (verb) {
    case 'check':
      return await check(policyPath(flags, env), await hubOf(flags, env));
    case 'apply':
      return await apply(resolve(required('DRAFT', argument)), flags, env);
    case 'example':
      process.stdout.write(await readFile(new URL('../policy/example.yaml', import.meta.url), 'utf8'));
      return 0;
    case 'test':
      return await tryCases(argument, flags, env);
    case 'explain':
      return await explain(required('RUN', argument), homeAt(toHome(flags.home, env)));
    default:
      throw new UsageError('say what to do with the policy: check, apply, example, test or explain');
  }
}

/** A draft anywhere, or the one in force. */
function policyPath(flags: Flags, env: Environment): string {
  return flags.policy === undefined ? homeAt(toHome(flags.home, env)).policy : resolve(flags.policy);
}

async function check(path: string, { nodesOfSite }: Hub): Promise<number> {
  const { policy, digest } = await readPolicy(path);
  process.stdout.write(`${path}: in order, ${digest}\n`);
  advise(policy, nodesOfSite);
  return 0;
}

function advise(policy: Policy, nodesOfSite = 1): void {
  for (const advice of adviseOn(policy, nodesOfSite)) {
    process.stdout.write(`  note: ${showProblem(advice)}\n`);
  }
}

/** Puts a draft in force, on disk and as a whole, if it is in order. */
async function apply(draft: string, flags: Flags, env: Environment): Promise<number> {
  const { policy } = homeAt(toHome(flags.home, env));
  const { text } = await readPolicy(draft);
  const code = await check(draft, await hubOf(flags, env));
  await writeAtomically(policy, text);
  process.stdout.write(`in force from the next decision on: ${policy}\n`);
  return code;
}

async function readCases(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new UsageError(
      `there is no ${path}; node/README.md ("Trying a policy") shows what belongs into it`,
    );
  }
}

/** Without a file of cases: the `policy.test.yaml` beside the policy. */
async function tryCases(file: string | undefined, flags: Flags, env: Environment): Promise<number> {
  const path = policyPath(flags, env);
  const casesPath = file === undefined ? join(dirname(path), 'policy.test.yaml') : resolve(file);
  const { policy } = await readPolicy(path);
  const cases = parseCases(casesPath, await readCases(casesPath));
  const hub = await hubOf(flags, env);
  const context = {
    hub,
    now: new Date(),
    readFile: (name: string) => readFileSync(resolve(dirname(casesPath), name)),
  };
  const results = cases.map((each) => tryCase(policy, each, context));
  for (const { name, problem } of results) {
    process.stdout.write(problem === null ? `pass  ${name}\n` : `FAIL  ${name}: ${problem}\n`);
  }
  advise(policy, hub.nodesOfSite);
  const failed = results.filter(({ problem }) => problem !== null).length;
  process.stdout.write(`${results.length - failed} of ${results.length} cases as expected\n`);
  return failed > 0 ? EXIT_FAILED : 0;
}

const NO_HUB: Hub = { hub: 'hub', hubFingerprint: '' };

/** A policy may be tried on paper, before there is a node. */
async function hubOf(flags: Flags, env: Environment): Promise<Hub> {
  if (flags.policy !== undefined && flags.home === undefined) return NO_HUB;
  try {
    return await hubOfNode(homeAt(toHome(flags.home, env)));
  } catch (error) {
    if (error instanceof NotEnrolledError) return NO_HUB;
    throw error;
  }
}

async function hubOfNode(home: Home): Promise<Hub> {
  const { hub } = await readIdentity(home);
  const hubFingerprint = fingerprintOf(await readAuthority(home));
  return { hub, hubFingerprint, nodesOfSite: await readSiteNodes(home.siteNodes) };
}

async function explain(run: string, home: Home): Promise<number> {
  const entries: LedgerEntry[] = [];
  for await (const entry of readEntries(home.ledger, { run })) entries.push(entry);
  if (entries.length === 0) {
    process.stderr.write(`the ledger of ${home.root} knows no run ${run}\n`);
    return EXIT_FAILED;
  }
  const lines = explainRun(entries, await readPolicyOrNull(home.policy), await hubOfNode(home));
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}

async function readPolicyOrNull(path: string) {
  try {
    return await readPolicy(path);
  } catch (error) {
    if (error instanceof PolicyUnreadableError) return null;
    throw error;
  }
}
