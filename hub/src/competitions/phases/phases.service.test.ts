import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Actor } from '../../accounts/access.ts';
import { claims } from '../../dispatch/schema.ts';
import { createHarness, type Harness } from '../../submissions/testing/harness.ts';
import { leaderboards, phases } from '../schema.ts';

type Person = Actor & { kind: 'user' };

let hub: Harness;
let node: Awaited<ReturnType<Harness['node']>>;
beforeAll(async () => {
  hub = await createHarness();
  await hub.jobs.migrate();
  node = await hub.node('north', 'ward');
});
afterAll(() => hub[Symbol.asyncDispose]());
beforeEach(() => hub.database.queries.delete(claims));

const task = async (owner: Person, more: object = {}) =>
  hub.tasks.create(owner, {
    name: 'Another',
    scoringProgram: await hub.upload(owner, 'scoring_program'),
    ...more,
  });

test('an organizer changes what a phase says, and nothing else', async () => {
  const { competitionId, phaseId, organizer } = await hub.phase();
  const edit = hub.competitions.phases;
  const [before] = await edit.list(organizer, competitionId);
  const endsAt = new Date('2031-02-03T04:05:06.000Z');
  await edit.edit(organizer, phaseId, { name: 'Final', endsAt, maxSubmissionsPerDay: 3 });
  expect(await edit.list(organizer, competitionId)).toEqual([
    { ...before, name: 'Final', endsAt, maxSubmissionsPerDay: 3 },
  ]);
  await expect(edit.edit(await hub.person(), phaseId, { name: 'Mine' })).rejects.toMatchObject({
    code: 'organizers_only',
  });
});

test('what runs put out stays hidden where the board releases scores in steps', async () => {
  const { phaseId, organizer } = await hub.phase({ phase: { hideOutput: true } });
  const edit = hub.competitions.phases;
  await hub.database.queries.update(leaderboards).set({ ladderStep: 0.1 });
  await expect(edit.edit(organizer, phaseId, { hideOutput: false })).rejects.toMatchObject({
    fields: { hideOutput: expect.any(String) },
  });
  await hub.database.queries.update(leaderboards).set({ ladderStep: null });
  expect(await edit.edit(organizer, phaseId, { hideOutput: false })).toMatchObject({ hideOutput: false });
});

test('phases stay one after the other', async () => {
  const { competitionId, phaseId, organizer } = await hub.phase({
    startsAt: new Date('2030-01-01'),
    endsAt: new Date('2030-02-01'),
  });
  const rows = await hub.database.queries.select().from(phases);
  const { id: _, ...first } = rows.find(({ id }) => id === phaseId)!;
  const [second] = await hub.database.queries
    .insert(phases)
    .values({ ...first, index: 1, name: 'Second', startsAt: new Date('2030-03-01'), endsAt: null })
    .returning();
  const edit = hub.competitions.phases;
  for (const [id, change, field] of [
    [phaseId, { endsAt: null }, 'endsAt'],
    [phaseId, { endsAt: new Date('2030-03-01') }, 'endsAt'],
    [phaseId, { endsAt: new Date('2029-03-01') }, 'endsAt'],
    [phaseId, { autoMigrateToThisPhase: true }, 'autoMigrateToThisPhase'],
    [second!.id, { startsAt: new Date('2030-02-01') }, 'startsAt'],
  ] as const)
    await expect(edit.edit(organizer, id, change)).rejects.toMatchObject({
      code: 'phase_invalid',
      fields: { [field]: expect.any(String) },
    });
  await edit.edit(organizer, second!.id, { startsAt: new Date('2030-02-02'), autoMigrateToThisPhase: true });
  expect((await edit.list(organizer, competitionId)).map(({ name }) => name)).toEqual([first.name, 'Second']);
});

test('phases are added where they start, moved by their start, and removed while nothing was submitted', async () => {
  const { competitionId, phaseId, seed, ...phase } = await hub.phase({
    startsAt: new Date('2030-01-01'),
    endsAt: new Date('2030-02-01'),
  });
  const organizer = phase.organizer as Person;
  const edit = hub.competitions.phases;
  const [first] = await edit.list(organizer, competitionId);
  const { leaderboardId } = first!;
  const common = { endsAt: new Date('2029-12-31'), taskIds: [...seed.taskIds], leaderboardId };
  const at = (date: string) => ({ ...common, name: date, startsAt: new Date(date) });
  await expect(
    edit.add(organizer, competitionId, { ...at('2029-12-01'), endsAt: null }),
  ).rejects.toMatchObject({ fields: { endsAt: expect.any(String) } });
  await expect(
    edit.add(organizer, competitionId, { ...at('2029-12-01'), leaderboardId: 0 }),
  ).rejects.toMatchObject({ fields: { leaderboardId: expect.any(String) } });
  await expect(edit.add(await hub.person(), competitionId, at('2029-12-01'))).rejects.toMatchObject({
    code: 'organizers_only',
  });
  const added = await edit.add(organizer, competitionId, at('2029-12-01'));
  const names = async () =>
    (await edit.list(organizer, competitionId)).map(({ name, index }) => [index, name]);
  expect(await names()).toEqual([
    [0, '2029-12-01'],
    [1, first!.name],
  ]);
  const later = { startsAt: new Date('2030-03-01'), endsAt: null };
  await edit.edit(organizer, added.id, later);
  expect(await names()).toEqual([
    [0, first!.name],
    [1, '2029-12-01'],
  ]);
  await edit.remove(organizer, added.id);
  await expect(edit.remove(organizer, phaseId)).rejects.toMatchObject({ code: 'only_phase' });
  expect(await names()).toEqual([[0, first!.name]]);
});

test('a phase takes another board with its scores, and files for participants', async () => {
  const { competitionId, phaseId, ...phase } = await hub.phase();
  const organizer = phase.organizer as Person;
  const ada = await hub.person();
  await hub.approve(ada, competitionId);
  await hub.submissions.create(ada, { phaseId, resourceKey: await hub.upload(ada) });
  await hub.finish(node, () => ({ scores: { score: 2.5 } }));
  const [board] = await hub.leaderboards.settings.list(organizer, competitionId);
  const other = await hub.leaderboards.settings.save(organizer, competitionId, {
    ...board!,
    id: null,
    key: 'other',
    columns: board!.columns.map((column) => ({ ...column, id: null })),
  });
  const edit = hub.competitions.phases;
  const publicData = await hub.upload(organizer, 'public_data');
  const edited = await edit.edit(organizer, phaseId, { leaderboardId: other.id, publicData });
  expect(edited).toMatchObject({
    leaderboardId: other.id,
    publicData: { key: publicData },
    startingKit: null,
  });
  await hub.leaderboards.rebuild(phaseId, { anew: true });
  const { key, rows } = await hub.leaderboards.get(ada, { phaseId });
  expect([key, rows[0]?.scores.score?.value]).toEqual(['other', '2.50']);
  await expect(edit.edit(organizer, phaseId, { startingKit: publicData })).rejects.toMatchObject({
    code: 'unexpected_resource_type',
  });
  await expect(edit.remove(organizer, phaseId)).rejects.toMatchObject({ code: 'only_phase' });
  expect(await edit.edit(organizer, phaseId, { publicData: null })).toMatchObject({ publicData: null });
});

test('a phase takes tasks that its organizer may use, in their order; what waits on a former one is still run', async () => {
  const { phaseId, seed, ...phase } = await hub.phase();
  const organizer = phase.organizer as Person;
  const ada = await hub.person();
  await hub.approve(ada, phase.competitionId);
  const waiting = await hub.submissions.create(ada, { phaseId, resourceKey: await hub.upload(ada) });
  const [mine, theirs] = [await task(organizer), await task(ada)];
  const edit = hub.competitions.phases;
  await expect(edit.edit(organizer, phaseId, { taskIds: [theirs.id] })).rejects.toMatchObject({
    code: 'task_not_usable',
  });
  await expect(edit.edit(organizer, phaseId, { taskIds: [] })).rejects.toMatchObject({
    code: 'phase_invalid',
  });
  await hub.tasks.share(ada, theirs.id, organizer.user.username, true);
  const edited = await edit.edit(organizer, phaseId, { taskIds: [theirs.id, mine.id] });
  expect(edited.tasks.map(({ id }) => id)).toEqual([theirs.id, mine.id]);
  await hub.finish(node, () => ({ scores: { score: 1 } }));
  expect(await hub.submissions.get(ada, waiting.id)).toMatchObject({
    status: 'Finished',
    taskId: seed.taskIds[0],
  });
  const next = await hub.submissions.create(ada, { phaseId, resourceKey: await hub.upload(ada) });
  expect(next.children.map(({ taskId }) => taskId)).toEqual([theirs.id, mine.id]);
});
