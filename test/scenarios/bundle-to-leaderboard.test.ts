import { expect, test } from 'vitest';
import { expectExactlyOnce } from '../harness/accounting.ts';
import { codeSubmission, competitionBundle, resultSubmission } from '../harness/challenge.ts';
import { expectStatus, type RestClient } from '../harness/rest-client.ts';
import { TestNetwork } from '../harness/test-network.ts';
import { waitFor } from '../harness/wait-for.ts';

const INPUT = { 'value.txt': '0.75' };
const REFERENCE = { 'truth.txt': '1' };

/** What a script sees of a competition, in Codabench's words. */
interface Competition {
  phases: { id: number; tasks: { id: number }[] }[];
}

test.each(['docker', 'bubblewrap'] as const)(
  'a script uploads a bundle, submits code and results, and reads logs, report and board (%s)',
  async (engine) => {
    await using network = await TestNetwork.start();
    await network.addNode({ site: 'north', engine });
    const ada = await network.addParticipant('ada');
    const grace = await network.addParticipant('grace');

    const bundle = competitionBundle({ tasks: [{ input: INPUT, reference: REFERENCE }] });
    const competitionId = await createCompetition(network.organizer.rest, bundle);
    const competition = (await ada.rest.get(`/api/competitions/${competitionId}/`)).body as Competition;
    const phase = competition.phases[0]!;
    for (const { rest } of [ada, grace])
      expectStatus(await rest.post(`/api/competitions/${competitionId}/register/`), 201);

    const code = await submit(ada.rest, phase, codeSubmission());
    const result = await submit(grace.rest, phase, resultSubmission(0.5));
    for (const [{ rest }, id] of [[ada, code] as const, [grace, result] as const])
      await waitForStatus(rest, id, 'Finished');

    const details = (await ada.rest.get(`/api/submissions/${code}/get_details/`)).body as {
      logs: { name: string; data_file: string }[];
    };
    const log = details.logs.find(({ name }) => name === 'prediction_stdout');
    expect(await (await fetch(log!.data_file)).text()).toBe('predicting 0.75\n');

    const board = (await grace.rest.get(`/api/phases/${phase.id}/get_leaderboard/`)).body as {
      submissions: {
        owner: string;
        scores: { column_key: string; score: string }[];
        detailed_results: { url: string }[];
      }[];
    };
    expect(board.submissions.map(({ owner, scores }) => [owner, scores[0]?.score])).toEqual([
      ['ada', '0.750'],
      ['grace', '0.500'],
    ]);
    const report = await fetch(board.submissions[0]!.detailed_results[0]!.url);
    expect(await report.text()).toContain('<p>score 0.75</p>');
    expect(report.headers.get('content-security-policy')).toContain('sandbox');
    await expectExactlyOnce(network.hub, [code, result]);
  },
);

async function createCompetition(organizer: RestClient, bundle: Buffer): Promise<number> {
  const key = await organizer.upload('competition_bundle', bundle, 'bundle.zip');
  const { status_id } = expectStatus(await organizer.put(`/api/datasets/completed/${key}/`), 200) as {
    status_id: number;
  };
  const creation = await waitFor(
    'the bundle to be unpacked',
    async () =>
      (await organizer.get(`/api/competitions/${status_id}/creation_status/`)).body as {
        status: string;
        details: string;
        resulting_competition: number;
      },
    ({ status }) => status !== 'Starting',
  );
  expect(creation).toMatchObject({ status: 'Finished' });
  const id = creation.resulting_competition;
  expectStatus(await organizer.post(`/api/competitions/${id}/toggle_publish/`), 200);
  return id;
}

async function submit(
  rest: RestClient,
  phase: Competition['phases'][number],
  archive: Buffer,
): Promise<number> {
  expect((await rest.get(`/api/can_make_submission/${phase.id}/`)).body).toMatchObject({ can: true });
  const data = await rest.upload('submission', archive);
  const body = { phase: phase.id, tasks: phase.tasks.map(({ id }) => id), data };
  return (expectStatus(await rest.post('/api/submissions/', body), 201) as { id: number }).id;
}

async function waitForStatus(rest: RestClient, id: number, status: string): Promise<void> {
  await waitFor(
    `submission ${id} to be ${status}`,
    async () => (await rest.get(`/api/submissions/${id}/`)).body as { status: string },
    (submission) => submission.status === status,
    { within: 60_000 },
  );
}
