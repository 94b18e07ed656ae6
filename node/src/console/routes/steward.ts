import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { LEDGER_EVENT_KINDS } from '../../ledger/events.ts';
import type { LedgerEntry } from '../../ledger/ledger.ts';
import type { Person } from '../../people/question.ts';
import { requestOf } from '../../policy/assignment-event.ts';
import type { PolicyRequest } from '../../policy/decide.ts';
import type { ConsoleContext } from '../context.ts';
import { ConsoleError } from '../errors.ts';
import { budgetsPage } from '../pages/budgets.ts';
import { datasetsPage } from '../pages/datasets.ts';
import { helpPage } from '../pages/help.ts';
import { ledgerPage, verifyPage } from '../pages/ledger.ts';
import { overviewPage } from '../pages/overview.ts';
import { type BenchFields, type PolicyParts, policyPage } from '../pages/policy.ts';
import { runsPage } from '../pages/runs.ts';
import { type PastRun, pastRuns } from '../past-runs.ts';
import { done, personOf, show } from '../respond.ts';

const PAGE = 50;
const word = z.string().trim().max(500).default('');
const ledgerQuery = z.object({
  run: word,
  kind: z.enum(LEDGER_EVENT_KINDS).or(z.literal('')).default(''),
  before: z.coerce.number().int().positive().optional(),
});
const datasetBody = z.object({ name: z.string().max(100), version: z.string().max(100) });
const benchQuery = z.object({
  run: z.string().max(100).optional(),
  try: z.string().optional(),
  tests: z.string().optional(),
  hub: word,
  competition: word,
  submitter: word,
  attributes: word,
  image: word,
  program: word,
  dataset: word,
});

const steward = { config: { access: 'steward' } } as const;

export function stewardRoutes(app: FastifyInstance, context: ConsoleContext): void {
  const { view, actions, people, sums } = context;

  app.get('/', steward, async (request, reply) => {
    const [overview, policy, datasets] = await Promise.all([view.overview(), view.policy(), view.datasets()]);
    const open = people.list(personOf(request)).filter(({ state }) => state !== 'withdrawn');
    const waiting = people.open().length;
    const overdue = open.filter(({ isOverdue }) => isOverdue).length;
    const content = overviewPage({ overview, policy, datasets, waiting, overdue });
    return await show(context, request, reply, { title: 'Overview', path: '/', content, isLive: true });
  });

  app.post('/pause', steward, async (request, reply) => {
    await actions.pause(personOf(request).name);
    return done(request, reply, '/', 'The node is paused. Runs that had begun go on.');
  });

  app.post('/resume', steward, async (request, reply) => {
    await actions.resume(personOf(request).name);
    return done(request, reply, '/', 'The node takes runs again.');
  });

  app.post('/drain', steward, async (request, reply) => {
    await actions.drain(personOf(request).name);
    return done(request, reply, '/', 'The node finishes the runs at work, and then stops.');
  });

  app.get('/runs', steward, async (request, reply) => {
    const content = runsPage(view.currentRuns(), await pastRuns(view.ledger));
    return await show(context, request, reply, { title: 'Runs', path: '/runs', content, isLive: true });
  });

  app.get('/ledger', steward, async (request, reply) => {
    const { run, kind, before } = ledgerQuery.parse(request.query);
    const { entries, older } = await ledgerEntries(run, kind, before, personOf(request));
    const content = ledgerPage({ entries, head: view.ledger.head, run, kind, before: older });
    return await show(context, request, reply, { title: 'Ledger', path: '/ledger', content });
  });

  app.post('/ledger/verify', steward, async (request, reply) => {
    const content = verifyPage(await view.ledger.verify(), view.ledger.head.sequence);
    return await show(context, request, reply, { title: 'Ledger verified', path: '/ledger', content });
  });

  app.post('/ledger/export', steward, async (request, reply) => {
    const copy = await actions.exportLedger(personOf(request).name);
    return reply
      .type('application/x-ndjson')
      .header('content-disposition', 'attachment; filename="ledger.jsonl"')
      .send(copy);
  });

  app.get('/datasets', steward, async (request, reply) => {
    const content = datasetsPage(await view.datasets(), await sums.bitsByDataset());
    return await show(context, request, reply, { title: 'Datasets', path: '/datasets', content });
  });

  app.post('/datasets/check', steward, async (request, reply) => {
    const { name, version } = datasetBody.parse(request.body);
    const problem = await actions.checkDataset(name, version);
    return done(request, reply, '/datasets', problem ?? `${name}@${version}: every file is as registered.`);
  });

  app.get('/budgets', steward, async (request, reply) => {
    const policy = await view.policy();
    const content = budgetsPage(await sums.lines(policy, view.reservedBits()), policy);
    return await show(context, request, reply, { title: 'Budgets', path: '/budgets', content });
  });

  app.get('/policy', steward, async (request, reply) => {
    const { run, try: tries, tests, ...fields } = benchQuery.parse(request.query);
    const past = await pastRuns(view.ledger);
    const content = policyPage({
      policy: await view.policy(),
      past,
      fields,
      tried: run ? await tryPast(past, run) : tries ? await tryFields(fields) : null,
      tests: tests ? await view.testPolicy() : 'not_run',
    });
    return await show(context, request, reply, { title: 'Policy', path: '/policy', content });
  });

  app.get('/help', { config: { access: 'reviewer' } }, (request, reply) =>
    show(context, request, reply, { title: 'Help', path: '/help', content: helpPage() }),
  );

  /** A page of entries, newest first. What blind reviewers may not know of each other yet is left out. */
  async function ledgerEntries(
    run: string,
    kind: z.infer<typeof ledgerQuery>['kind'],
    before: number | undefined,
    person: Person,
  ): Promise<{ entries: LedgerEntry[]; older: number | null }> {
    const entries: LedgerEntry[] = [];
    const filter = { ...(run && { run }), ...(kind && { kinds: [kind] }) };
    const end = Math.min(before ?? Number.POSITIVE_INFINITY, view.ledger.head.sequence + 1) - 1;
    // A page without a filter needs no more than its own stretch; one with a filter is looked for from the end, in ever longer stretches.
    let [to, stretch] = [end, PAGE];
    while (to >= 1 && entries.length < PAGE) {
      const from = Math.max(1, to - stretch + 1);
      const found: LedgerEntry[] = [];
      for await (const entry of view.ledger.entries({ ...filter, from, to })) {
        if (mayKnow(entry, person)) found.push(entry);
      }
      entries.push(...found.reverse());
      [to, stretch] = [from - 1, stretch * 4];
    }
    const page = entries.slice(0, PAGE);
    const last = page.at(-1)?.sequence ?? 1;
    return { entries: page, older: entries.length > PAGE || (to >= 1 && last > 1) ? last : null };
  }

  function mayKnow({ event }: LedgerEntry, person: Person): boolean {
    if ((event.kind !== 'review' && event.kind !== 'approval') || event.person === person.name) return true;
    const question = people.find(event.question, person);
    return !(question?.blind && question.state === 'partly_answered');
  }

  async function tryPast(past: readonly PastRun[], run: string): Promise<PolicyParts['tried']> {
    const found = past.find((each) => each.run === run);
    if (!found) throw new ConsoleError('not_found', `The ledger knows of no run ${run} of late.`);
    return {
      what: `run ${run}, as if it came now`,
      decision: await view.decide(requestOf(found.assignment, null)),
    };
  }

  async function tryFields(fields: BenchFields): Promise<PolicyParts['tried']> {
    return { what: 'the run that you made up', decision: await view.decide(toRequest(fields)) };
  }
}

/** Somebody who fills in a few fields wants to know about those: of everything else the run asks for nothing. */
function toRequest(fields: BenchFields): PolicyRequest {
  const [name = '', version = ''] = fields.dataset.split('@');
  const attributes = fields.attributes.split(/[,\s]+/).flatMap((pair) => {
    const [key = '', value] = pair.split('=', 2);
    return value === undefined ? [] : [[key, value] as const];
  });
  return {
    hub: fields.hub,
    competition: { id: fields.competition, title: '' },
    submitter: fields.submitter,
    submitterId: '',
    attributes: Object.fromEntries(attributes),
    image: fields.image,
    imageDigest: null,
    programs: fields.program === '' ? [] : [fields.program],
    attestations: [],
    dataset: fields.dataset === '' ? null : { name, version },
    rehearsal: false,
    resources: { memoryBytes: 0, cpuMillis: 0, stepSeconds: 0, diskBytes: 0, gpus: 0 },
  };
}
