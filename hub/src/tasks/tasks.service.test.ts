import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Actor } from '../accounts/access.ts';
import { DEFAULT_SITE_RULE } from '../bundles/site-rule.ts';
import { phases, tasks } from '../competitions/schema.ts';
import { claims } from '../dispatch/schema.ts';
import { submissions } from '../submissions/schema.ts';
import { createHarness, type Harness, type PhaseOptions } from '../submissions/testing/harness.ts';

type Person = Actor & { kind: 'user' };

let hub: Harness;
let node: Awaited<ReturnType<Harness['node']>>;
const never = new AbortController().signal;

beforeAll(async () => {
  hub = await createHarness();
  await hub.jobs.migrate();
  node = await hub.node('north', 'ward');
});
afterAll(() => hub[Symbol.asyncDispose]());
beforeEach(() => hub.database.queries.delete(claims));

/** A phase with a participant, whose task is the organizer's. */
async function entered(options: PhaseOptions = {}) {
  const phase = await hub.phase(options);
  const organizer = phase.organizer as Person;
  const ada = await hub.person();
  await hub.approve(ada, phase.competitionId);
  const taskId = phase.seed.taskIds[0]!;
  return { ...phase, organizer, ada, taskId };
}

async function submit(actor: Person, phaseId: number, resourceKey?: string) {
  const key = resourceKey ?? (await hub.upload(actor));
  return hub.submissions.create(actor, { phaseId, resourceKey: key });
}
const score = (value: number) => hub.finish(node, () => ({ scores: { score: value } }));
const board = async (actor: Actor, phaseId: number) =>
  (await hub.leaderboards.get(actor, { phaseId })).rows.map((row) => [
    row.submissionId,
    row.isOfFormerVersion,
  ]);
const versionOf = async (submissionId: number) => {
  const [row] = await hub.database.queries
    .select({ version: submissions.taskVersion })
    .from(submissions)
    .where(eq(submissions.id, submissionId));
  return row?.version;
};
/** Another scoring program: what is run changes. */
async function change(owner: Person, taskId: number, note = 'A better metric') {
  const scoringProgram = await hub.upload(owner, 'scoring_program');
  return hub.tasks.edit(owner, taskId, { scoringProgram, note });
}

describe('a change of what a task runs', () => {
  test('makes a version with a history; its name does not', async () => {
    const { organizer, taskId } = await entered();
    expect(await hub.tasks.edit(organizer, taskId, { name: 'Renamed' })).toMatchObject({ version: 1 });
    const changed = await change(organizer, taskId);
    expect(changed).toMatchObject({ name: 'Renamed', version: 2 });
    expect(changed.versions).toMatchObject([
      { version: 2, note: 'A better metric', by: organizer.user.username },
      { version: 1, note: '', by: organizer.user.username },
    ]);
    const same = changed.files.scoringProgram!.key;
    expect(await hub.tasks.edit(organizer, taskId, { scoringProgram: same })).toMatchObject({ version: 2 });
  });

  test('is also which sites are asked and how their scores become one: what was admitted keeps the rule that it was admitted with', async () => {
    await hub.node('east', 'hall');
    await hub.node('west', 'hall');
    const { organizer, ada, phaseId, taskId } = await entered({ siteData: 'hall' });
    const before = await submit(ada, phaseId);
    const { siteRule } = await hub.tasks.get(organizer, taskId);
    expect(await hub.tasks.edit(organizer, taskId, { siteRule: { ...siteRule! } })).toMatchObject({
      version: 1,
    });
    const changed = await hub.tasks.edit(organizer, taskId, {
      siteRule: { ...siteRule!, quorum: 2, combine: 'median' },
    });
    expect(changed).toMatchObject({ version: 2, siteRule: { combine: 'median', quorum: 2 } });
    expect(changed.versions.map((version) => version.siteRule?.quorum)).toEqual([2, null]);
    const after = await submit(ada, phaseId);
    const needed = async ({ id }: { id: number }) => (await hub.submissions.get(ada, id)).sites?.needed;
    expect([await needed(before), await needed(after)]).toEqual([1, 2]);
  });

  test('of sites is refused where a task has none', async () => {
    const { organizer, taskId } = await entered();
    const siteRule = { ...DEFAULT_SITE_RULE, combine: 'best' } as const;
    await expect(hub.tasks.edit(organizer, taskId, { siteRule })).rejects.toMatchObject({
      code: 'no_site_data',
    });
  });

  test('leaves what was admitted on the version that it was admitted with', async () => {
    const { organizer, ada, phaseId, taskId } = await entered();
    const before = await submit(ada, phaseId);
    await change(organizer, taskId);
    const after = await submit(ada, phaseId);
    expect([await versionOf(before.id), await versionOf(after.id)]).toEqual([1, 2]);
  });

  test('takes former scores off the board, and what is scored again comes onto it', async () => {
    const { organizer, ada, phaseId, taskId } = await entered({ rule: 'Force_Best' });
    const first = await submit(ada, phaseId);
    await score(0.9);
    expect(await board(ada, phaseId)).toEqual([[first.id, false]]);
    const changed = await change(organizer, taskId);
    // Until the board is rebuilt it says which entries are of a former version.
    expect(await board(ada, phaseId)).toEqual([[first.id, true]]);
    expect(changed.phases).toMatchObject([{ phaseId, canManage: true, outdated: 1 }]);
    await hub.leaderboards.rebuild(phaseId);
    expect(await board(ada, phaseId)).toEqual([]);
    const { id } = await hub.submissions.batches.rerunPhase(organizer, { phaseId });
    await hub.submissions.batches.run(id, never);
    await score(0.4);
    const [entry] = await board(ada, phaseId);
    expect(entry).toEqual([expect.any(Number), false]);
    expect(entry![0]).not.toBe(first.id);
    expect((await hub.tasks.get(organizer, taskId)).phases).toMatchObject([{ outdated: 0 }]);
    await hub.leaderboards.rebuild(phaseId);
    expect(await board(ada, phaseId)).toEqual([entry]);
  });

  test('keeps former scores, marked, where the phase says so', async () => {
    const { organizer, ada, phaseId, taskId } = await entered({ phase: { keepFormerVersions: true } });
    const first = await submit(ada, phaseId);
    await score(0.9);
    await change(organizer, taskId);
    await hub.leaderboards.rebuild(phaseId);
    expect(await board(ada, phaseId)).toEqual([[first.id, true]]);
    await hub.database.queries
      .update(phases)
      .set({ keepFormerVersions: false })
      .where(eq(phases.id, phaseId));
    await hub.leaderboards.rebuild(phaseId);
    expect(await board(ada, phaseId)).toEqual([]);
    await hub.database.queries.update(phases).set({ keepFormerVersions: true }).where(eq(phases.id, phaseId));
    await hub.leaderboards.rebuild(phaseId);
    expect(await board(ada, phaseId)).toEqual([[first.id, true]]);
  });

  test('lets nobody choose a former score for the board', async () => {
    const { organizer, ada, phaseId, taskId } = await entered({ rule: 'Add' });
    const { id } = await submit(ada, phaseId);
    await score(0.9);
    await change(organizer, taskId);
    await hub.leaderboards.rebuild(phaseId);
    await expect(hub.submissions.setOnLeaderboard(ada, id, true)).rejects.toMatchObject({
      code: 'task_changed_since',
    });
    await expect(hub.submissions.forceOntoLeaderboard(organizer, id, 'please')).rejects.toMatchObject({
      code: 'task_changed_since',
    });
  });

  test('keeps a run that ends late off the board', async () => {
    const { organizer, ada, phaseId, taskId } = await entered({ rule: 'Force_Latest_Multiple' });
    await submit(ada, phaseId);
    await change(organizer, taskId);
    await hub.leaderboards.rebuild(phaseId);
    await score(0.9);
    expect(await board(ada, phaseId)).toEqual([]);
  });
});

describe('a task of somebody', () => {
  const mine = async (owner: Person, more: object = {}) =>
    hub.tasks.create(owner, {
      name: 'Mine',
      scoringProgram: await hub.upload(owner, 'scoring_program'),
      ...more,
    });

  test('is seen and used by those with whom it is shared, and changed by its owner alone', async () => {
    const [ada, ben] = [await hub.person(), await hub.person()];
    const task = await mine(ada);
    await expect(hub.tasks.get(ben, task.id)).rejects.toMatchObject({ code: 'task_not_found' });
    expect((await hub.tasks.list(ben, { scope: 'usable', search: task.key })).total).toBe(0);
    await hub.tasks.share(ada, task.id, ben.user.username, true);
    expect((await hub.tasks.list(ben, { scope: 'shared' })).items).toMatchObject([{ id: task.id }]);
    expect(await hub.tasks.get(ben, task.key)).toMatchObject({ canEdit: false, shares: null });
    await expect(hub.tasks.edit(ben, task.id, { name: 'Ours' })).rejects.toMatchObject({
      code: 'not_your_task',
    });
    await hub.tasks.share(ada, task.id, ben.user.username, false);
    await expect(hub.tasks.get(ben, task.id)).rejects.toMatchObject({ code: 'task_not_found' });
  });

  test('is everybody’s to use once it is public', async () => {
    const [ada, ben] = [await hub.person(), await hub.person()];
    const task = await mine(ada, { isPublic: true });
    expect((await hub.tasks.list(ben, { scope: 'public', search: task.key })).items).toHaveLength(1);
    expect(await hub.tasks.get(ben, task.id)).toMatchObject({ isPublic: true, isMine: false });
  });

  test('is deleted when no phase has it', async () => {
    const { organizer, taskId } = await entered();
    await expect(hub.tasks.remove(organizer, taskId)).rejects.toMatchObject({ code: 'task_in_use' });
    const task = await mine(organizer);
    await hub.tasks.remove(organizer, task.id);
    await expect(hub.tasks.get(organizer, task.id)).rejects.toMatchObject({ code: 'task_not_found' });
  });

  test('is kept with all others where one of them is in use', async () => {
    const { organizer, phaseId, taskId } = await entered();
    const [free, used] = [await mine(organizer), await mine(organizer)];
    await hub.competitions.phases.edit(organizer, phaseId, { taskIds: [taskId, used.id] });
    await expect(hub.tasks.remove(organizer, free.id, used.id)).rejects.toMatchObject({
      code: 'task_in_use',
    });
    expect(await hub.tasks.get(organizer, free.id)).toMatchObject({ isMine: true });
  });

  test('consists of what its maker may use, of the right type', async () => {
    const [ada, ben] = [await hub.person(), await hub.person()];
    const [secret, data] = [await hub.upload(ben, 'scoring_program'), await hub.upload(ada, 'input_data')];
    const named = { name: 'Mine' };
    await expect(hub.tasks.create(ada, { ...named, scoringProgram: secret })).rejects.toMatchObject({
      code: 'resource_missing',
    });
    await expect(hub.tasks.create(ada, { ...named, scoringProgram: data })).rejects.toMatchObject({
      code: 'unexpected_resource_type',
    });
    await expect(hub.tasks.create(ada, { ...named, inputData: data })).rejects.toMatchObject({
      code: 'nothing_to_run',
    });
  });
});

test('a version that two make at once is made twice, one after the other', async () => {
  const { organizer, taskId } = await entered();
  await Promise.all([change(organizer, taskId), change(organizer, taskId), change(organizer, taskId)]);
  const { versions } = await hub.tasks.get(organizer, taskId);
  expect(versions.map(({ version }) => version)).toEqual([4, 3, 2, 1]);
  const [row] = await hub.database.queries.select().from(tasks).where(eq(tasks.id, taskId));
  expect(row?.version).toBe(4);
});
