import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rawZip } from '../../../test/fixtures/archives/raw-zip.ts';
import { minimalYaml, ordinaryFiles } from '../bundles/testing/bundle.ts';
import { createTestHub, type TestHub, type TestPerson } from '../http/testing/test-hub.ts';

let hub: TestHub;
let organizer: TestPerson;
const never = new AbortController().signal;

beforeAll(async () => {
  hub = await createTestHub();
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

function ok(response: LightMyRequestResponse, status = 200) {
  expect(response.statusCode, response.body).toBe(status);
  return response;
}
const get = async (url: string) => ok(await hub.inject({ method: 'GET', url }, organizer));

/** As Codabench's clients upload a bundle. @returns the competition's id */
async function upload(bundle: Buffer): Promise<number> {
  const fields = { type: 'competition_bundle', request_sassy_file_name: 'b.zip', file_size: bundle.length };
  const announced = await hub.inject({ method: 'POST', url: '/api/datasets/', payload: fields }, organizer);
  const { key, sassy_url } = ok(announced, 201).json();
  const { pathname, search } = new URL(sassy_url);
  const headers = { 'content-type': 'application/zip' };
  ok(await hub.inject({ method: 'PUT', url: pathname + search, payload: bundle, headers }));
  const completed = await hub.inject({ method: 'PUT', url: `/api/datasets/completed/${key}/` }, organizer);
  const { status_id: creationId } = ok(completed).json();
  await hub.context.competitions.makeCompetition(creationId, never);
  const status = (await get(`/api/competitions/${creationId}/creation_status/`)).json();
  expect(status).toMatchObject({ status: 'Finished' });
  return status.resulting_competition;
}

async function dump(competitionId: number): Promise<Buffer> {
  const url = `/api/competitions/${competitionId}/create_dump/`;
  ok(await hub.inject({ method: 'POST', url, payload: {} }, organizer), 201);
  const [begun] = await hub.context.dumps.list(organizer.actor, competitionId);
  await hub.context.dumps.make(begun!.id, never);
  const { dumps } = (await get(`/api/competitions/${competitionId}/get_files/`)).json();
  expect(dumps).toHaveLength(1);
  const { pathname, search } = new URL(dumps[0].url);
  return (await get(pathname + search)).rawPayload;
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
    [first, second].map(async (id) => (await get(`/api/competitions/${id}/`)).json()),
  );
  expect(one.title).toBe('Sepsis');
  expect(comparable(two)).toEqual(comparable(one));
  expect(JSON.stringify(two.phases)).toContain('2030-01-01T05:30:00');
});
