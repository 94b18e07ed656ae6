import { afterAll, beforeAll, expect, test } from 'vitest';
import { rawZip } from '../../../test/fixtures/archives/raw-zip.ts';
import { minimalYaml, ordinaryFiles } from '../bundles/testing/bundle.ts';
import type { TestPerson } from '../http/testing/test-hub.ts';
import { createRestHub, type RestHub } from '../rest/testing/rest-hub.ts';

let hub: RestHub;
let organizer: TestPerson;
const never = new AbortController().signal;

beforeAll(async () => {
  hub = await createRestHub();
  organizer = await hub.person('olga');
});
afterAll(() => hub[Symbol.asyncDispose]());

const YAML =
  `${minimalYaml.replace('scoring.zip', 'programs/scoring/').replace('2030-01-01', '2030-01-01 14:30:00+09:00')}    starting_kit: kit/
solutions: [{index: 0, tasks: [0], path: kit/}]
`
    .replace('    starting_kit: kit/\n', '')
    .replace('    tasks: [0]\n', '    tasks: [0]\n    starting_kit: kit/\n    max_submissions_per_day: 0\n');
const FILES = { 'programs/scoring/metadata': 'command: python3 score.py', 'kit/readme.md': 'Hello' };

const get = (url: string) => hub.ask('GET', url, { person: organizer });

/** As Codabench's clients upload a bundle. @returns the competition's id */
async function upload(bundle: Buffer): Promise<number> {
  const key = await hub.sendFile(organizer, { type: 'competition_bundle' }, bundle);
  const completed = await hub.ask('PUT', `datasets/completed/${key}/`, { person: organizer });
  const { status_id: creationId } = completed.json();
  await hub.context.competitions.makeCompetition(creationId, never);
  const status = (await get(`competitions/${creationId}/creation_status/`)).json();
  expect(status).toMatchObject({ status: 'Finished' });
  return status.resulting_competition;
}

async function dump(competitionId: number): Promise<Buffer> {
  const asking = { person: organizer, payload: {}, status: 201 };
  await hub.ask('POST', `competitions/${competitionId}/create_dump/`, asking);
  const [begun] = await hub.context.dumps.list(organizer.actor, competitionId);
  await hub.context.dumps.make(begun!.id, never);
  const { dumps } = (await get(`competitions/${competitionId}/get_files/`)).json();
  expect(dumps).toHaveLength(1);
  const { pathname, search } = new URL(dumps[0].url);
  return (await hub.inject({ method: 'GET', url: pathname + search })).rawPayload;
}

/** What the API says, but for what tells one competition from another. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const own =
    /^(id|key|pk|.*secret.*|created_when|created_at|logo|logo_icon|.*url|competition|phase|.*_?id)$/;
  const pointer = /^(leaderboard|task|value|data)$/;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => !own.test(key) && !(pointer.test(key) && typeof item !== 'object'))
      .map(([key, item]) => [key, comparable(item)]),
  );
}

test('a competition that scripts upload, dump, download and upload again is the same to them', async () => {
  const files = { 'competition.yaml': YAML, ...ordinaryFiles, ...FILES };
  const bundle = rawZip(Object.entries(files).map(([name, content]) => ({ name, content })));
  const first = await upload(bundle);
  const second = await upload(await dump(first));
  expect(second).not.toBe(first);
  const [one, two] = await Promise.all(
    [first, second].map(async (id) => (await get(`competitions/${id}/`)).json()),
  );
  expect(one.title).toBe('Sepsis');
  expect(comparable(two)).toEqual(comparable(one));
  expect(JSON.stringify(two.phases)).toContain('2030-01-01T05:30:00');
});
