import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resultSubmission, scriptedBundle, zip } from '../harness/challenge.ts';
import type { Person } from '../harness/person.ts';
import { TestNetwork } from '../harness/test-network.ts';

const MAIN = fileURLToPath(new URL('../../hub/src/client/main.ts', import.meta.url));

let network: TestNetwork;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-command-line-'));
  network = await TestNetwork.start();
  await network.addNode({ site: 'north' });
});
afterAll(async () => {
  await network[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly told: string;
}

/** As people run it, with a home of their own; what is asked of them comes by the pipe. */
function weir(
  home: string,
  words: readonly string[],
  input = '',
  env: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { PATH: process.env.PATH, HOME: home, ...env } };
    const child = execFile(process.execPath, [MAIN, ...words], options, (error, output, told) => {
      resolve({ code: error ? Number(error.code) : 0, output, told });
    });
    child.stdin?.end(input);
  });
}

async function logIn({ username, password }: Person): Promise<string> {
  const home = await mkdtemp(join(folder, `${username}-`));
  const words = ['login', network.hub.url, '--username', username];
  expect(await weir(home, words, `${password}\n`)).toMatchObject({ code: 0, output: '' });
  return home;
}

const file = async (name: string, content: Buffer) => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

test('a bundle becomes a competition, is entered, watched, read from its board, and taken away', async () => {
  const organizer = await logIn(network.organizer);
  const bundle = await file('bundle.zip', scriptedBundle('scores={"score":0.75}'));
  const uploaded = await weir(organizer, ['upload', bundle, '--json']);
  expect(uploaded.code, uploaded.told).toBe(0);
  const { competition } = JSON.parse(uploaded.output);
  await network.organizer.trpc.competitions.publish.mutate({ id: competition, published: true });
  const { phases } = await network.organizer.trpc.competitions.get.query({ id: competition });
  const phase = phases[0]!;

  const challenge = { id: competition, phaseId: phase.id, taskIds: [] };
  const participant = await logIn(await network.addParticipant('ada', challenge));
  const entry = await file('entry.zip', resultSubmission());
  const submitted = await weir(participant, ['submit', entry, '--phase', `${phase.id}`, '--watch', '--json']);
  expect(submitted.code, submitted.told).toBe(0);
  expect(submitted.told).toContain('Finished');
  const submission = JSON.parse(submitted.output);
  expect(submission).toMatchObject({ status: 'Finished', scores: [{ score: '0.7500000000' }] });

  const again = await weir(participant, ['submit', entry, '--phase', `${phase.id}`, '--name', 'second']);
  expect(again.code, again.told).toBe(0);
  const watched = await weir(participant, ['watch', again.output.trim()]);
  expect(watched).toMatchObject({ code: 0, output: 'score\t0.7500000000\n' });

  const board = await weir(participant, ['results', `${phase.id}`]);
  expect(board.output).toMatch(/^submission +participant +.*\n\d+ +ada +0\.750\n$/);
  const asJson = JSON.parse((await weir(participant, ['results', `${phase.id}`, '--json'])).output);
  expect(asJson.submissions).toHaveLength(1);

  const dumped = await weir(organizer, ['dump', `${competition}`, '--output', join(folder, 'dump.zip')]);
  expect(dumped.code, dumped.told).toBe(0);
  expect((await readFile(join(folder, 'dump.zip'))).subarray(0, 2).toString()).toBe('PK');
  const back = await weir(organizer, ['upload', join(folder, 'dump.zip'), '--json']);
  expect(JSON.parse(back.output), back.told).toMatchObject({ status: 'Finished' });

  const refused = await weir(participant, ['dump', `${competition}`]);
  expect(refused).toMatchObject({ code: 1, output: '' });
});

test('a bundle with problems and a submission that is not admitted end with 1 and say why', async () => {
  const organizer = await logIn(network.organizer);
  const broken = await file('broken.zip', zip({ 'competition.yaml': 'version: 2\ntitle: x\n' }));
  const refused = await weir(organizer, ['upload', broken, '--json']);
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.output)).toMatchObject({ competition: null, status: 'Failed' });
  expect(JSON.parse(refused.output).details).toContain('image');

  const { phaseId } = await network.addChallenge(scriptedBundle('scores={"score":0.5}'));
  const stranger = await logIn(await network.addParticipant('eve'));
  const entry = await file('entry.zip', resultSubmission());
  const denied = await weir(stranger, ['submit', entry, '--phase', `${phaseId}`]);
  expect(denied).toMatchObject({ code: 1, output: '' });
  expect(denied.told).toMatch(/participant|join|take part/i);
});

test('the token is kept for its owner alone, can come from the environment, and is forgotten', async () => {
  const ada = await network.addParticipant('bea');
  const home = await logIn(ada);
  const kept = join(home, '.config', 'weir', 'credentials.json');
  expect((await stat(kept)).mode & 0o777).toBe(0o600);
  expect(await readFile(kept, 'utf8')).not.toContain(ada.password);

  const { token } = JSON.parse(await readFile(kept, 'utf8'));
  const { phaseId } = await network.addChallenge(scriptedBundle('scores={"score":0.5}'));
  const empty = await mkdtemp(join(folder, 'empty-'));
  const env = { WEIR_URL: network.hub.url, WEIR_TOKEN: token };
  expect((await weir(empty, ['results', `${phaseId}`], '', env)).code).toBe(0);
  expect(await readdir(empty)).toEqual([]);
  // Not at another hub.
  const elsewhere = await weir(home, ['results', `${phaseId}`], '', { WEIR_URL: 'http://127.0.0.1:9' });
  expect(elsewhere).toMatchObject({ code: 2, told: expect.stringContaining('log in first') });

  expect((await weir(home, ['logout'])).code).toBe(0);
  expect((await weir(home, ['results', `${phaseId}`])).code).toBe(2);
  const wrong = await weir(home, ['login', network.hub.url, '--username', 'bea'], 'wrong\n');
  expect(wrong).toMatchObject({ code: 1, told: expect.stringContaining('password') });
});

test('wrong usage is told as such', async () => {
  // Nobody answers what is asked for.
  expect((await weir(folder, ['login', 'http://127.0.0.1:9'])).code).toBe(2);
  for (const words of [[], ['fly'], ['submit'], ['watch', 'x'], ['login', 'not an address'], ['--unheard']]) {
    expect((await weir(folder, words)).code, words.join(' ')).toBe(2);
  }
  expect(await weir(folder, ['--help'])).toMatchObject({
    code: 0,
    output: expect.stringContaining('weir submit'),
  });
});
