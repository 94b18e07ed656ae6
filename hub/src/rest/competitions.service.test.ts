import { afterAll, beforeAll, expect, test } from 'vitest';
import { rawZip } from '../../../test/fixtures/archives/raw-zip.ts';
import { minimalYaml, ordinaryFiles, PIXEL } from '../bundles/testing/bundle.ts';
import type { TestPerson } from '../http/testing/test-hub.ts';
import { createRestHub, type RestHub } from './testing/rest-hub.ts';

let hub: RestHub;
let organizer: TestPerson;
let stranger: TestPerson;
let id: number;

const YAML = `${minimalYaml
  .replace('name: Predict', 'name: Predict\n    reference_data: scoring.zip')
  .replace('terms: terms.md', 'terms: terms.md\nmake_programs_available: true\ncontact_email: o@example.org')
  .replace('2030-01-01', '2020-01-01\n    max_submissions_per_day: 3\n    hide_score_output: true')}
      - {title: Mean, key: mean, index: 1, precision: 4, computation: avg, computation_indexes: [0]}
    submission_rule: Force_Best
solutions: [{index: 0, tasks: [0], path: scoring.zip}]
fact_sheet: {method: {key: method, type: select, title: Method, selection: [a, b], is_required: "true", is_on_leaderboard: "false"}}
`;

beforeAll(async () => {
  hub = await createRestHub();
  organizer = await hub.person('olga');
  stranger = await hub.person('sam');
  const key = await hub.sendFile(organizer, { type: 'competition_bundle' }, bundleOf(YAML));
  // As clients do that name JSON and send none.
  const headers = { 'content-type': 'application/json' };
  const completed = await hub.inject(
    { method: 'PUT', url: `/api/datasets/completed/${key}/`, headers },
    organizer,
  );
  expect(completed.statusCode, completed.body).toBe(200);
  const { status_id } = completed.json();
  await hub.context.competitions.makeCompetition(status_id, new AbortController().signal);
  const { resulting_competition, details } = (await get(`competitions/${status_id}/creation_status/`)).json();
  expect(resulting_competition, details).not.toBeNull();
  id = resulting_competition;
});
afterAll(() => hub[Symbol.asyncDispose]());

function bundleOf(yaml: string): Buffer {
  const files = { 'competition.yaml': yaml, ...ordinaryFiles };
  return rawZip(Object.entries(files).map(([name, content]) => ({ name, content })));
}
const get = (url: string, person = organizer) => hub.ask('GET', url, { person });
const send = (method: 'POST' | 'PATCH', url: string, payload: object, status = 200, person = organizer) =>
  hub.ask(method, url, { payload, status, person });

test('a bundle is only looked at where that is asked for, and all problems are told with place and cure', async () => {
  const yaml = minimalYaml
    .replace('title: Sepsis', 'title: 1999-01-01')
    .replace('file: overview.md', 'file: o.md');
  const key = await hub.sendFile(organizer, { type: 'competition_bundle' }, bundleOf(yaml));
  const checked = await hub.ask('PUT', `datasets/check/${key}/`, { person: organizer });
  const { status_id } = checked.json();
  await hub.context.competitions.makeCompetition(status_id, new AbortController().signal);
  expect((await get(`competitions/${status_id}/creation_status/`)).json()).toMatchObject({
    status: 'Failed',
    resulting_competition: null,
    check_only: true,
    problems: [
      { severity: 'error', where: 'title', line: 2, cure: expect.stringMatching(/quotes/) },
      { severity: 'error', where: 'pages[0].file', cure: expect.any(String) },
    ],
  });
});

test('a competition says all that its bundle says, in the words of its organizers', async () => {
  const shown = (await get(`competitions/${id}/`)).json();
  expect(shown).toMatchObject({
    terms: '# Terms\n',
    pages: [{ index: 0, title: 'Overview', content: '# Overview\n', html: expect.stringContaining('<h1') }],
    contact_email: 'o@example.org',
    make_programs_available: true,
    make_input_data_available: false,
    whitelist_emails: [],
    fact_sheet: {
      method: { key: 'method', selection: ['a', 'b'], is_required: 'true', is_on_leaderboard: 'false' },
    },
    leaderboards: [
      {
        key: 'board',
        primary_index: 0,
        hidden: false,
        submission_rule: 'Force_Best',
        columns: [
          {
            key: 'score',
            index: 0,
            precision: 2,
            sorting: 'desc',
            computation: null,
            computation_indexes: null,
          },
          { key: 'mean', index: 1, precision: 4, computation: 'avg', computation_indexes: ['0'] },
        ],
      },
    ],
    phases: [
      {
        max_submissions_per_day: 3,
        max_submissions_per_person: 100,
        used_submissions_per_day: 0,
        used_submissions_per_person: 0,
        execution_time_limit: 600,
        auto_migrate_to_this_phase: false,
        hide_output: false,
        hide_prediction_output: false,
        hide_score_output: true,
        tasks: [
          { order_index: 0, created_when: expect.any(String), solutions: [{ data: expect.any(String) }] },
        ],
      },
    ],
  });
  const [task] = shown.phases[0].tasks;
  expect(task.task).toBe(task.key);
  const types = (files: { type: string }[]) => files.map(({ type }) => type).toSorted();
  expect(types(task.public_datasets)).toEqual(['reference_data', 'scoring_program']);

  await send('PATCH', `competitions/${id}/`, {
    published: true,
    registration_auto_approve: true,
    whitelist_emails: [],
  });
  const seen = async () => (await get(`competitions/${id}/`, stranger)).json().phases[0].tasks[0];
  expect(await seen()).toMatchObject({ solutions: [], public_datasets: [] });
  await send('POST', `competitions/${id}/register/`, {}, 201, stranger);
  // Programs are made available to participants; what is to be predicted never is.
  expect(await seen()).toMatchObject({ solutions: [], public_datasets: [{ type: 'scoring_program' }] });
});

test('what a client reads of a competition it can send back, changed or not', async () => {
  const before = (await get(`competitions/${id}/`)).json();
  // Addresses are signed anew each time, and pages written anew.
  const told = ({ logo: _, logo_icon: __, pages, ...rest }: typeof before) => ({
    ...rest,
    pages: pages.map(({ id: _, ...page }: { id: number }) => page),
  });
  const after = (await send('PATCH', `competitions/${id}/`, before)).json();
  expect(told(after)).toEqual(told(before));
  const [phase] = before.phases;
  const changed = await send('PATCH', `competitions/${id}/`, {
    title: 'Other',
    terms: 'New *terms*',
    pages: [
      { title: 'Second', content: 'two', index: 1 },
      { title: 'First', content: '<script>alert(1)</script>one', index: 0 },
    ],
    fact_sheet: {},
    phases: [{ id: phase.id, name: 'Renamed', max_submissions_per_day: 0, end: '2020-02-01T10:00:00' }],
  });
  expect(changed.json()).toMatchObject({
    title: 'Other',
    terms: 'New *terms*',
    fact_sheet: null,
    pages: [
      {
        title: 'First',
        content: '<script>alert(1)</script>one',
        html: expect.not.stringContaining('script'),
      },
      { title: 'Second' },
    ],
    phases: [
      {
        name: 'Renamed',
        max_submissions_per_day: null,
        start: phase.start,
        end: '2020-02-01T10:00:00.000Z',
      },
    ],
  });
  const { termsVersion } = await hub.context.competitions.get(organizer.actor, id);
  expect(termsVersion).toBe(2);
});

test('boards are changed and added, and keep what only this hub says of them', async () => {
  const url = `competitions/${id}/`;
  const [board] = (await get(url)).json().leaderboards;
  const { settings } = hub.context.leaderboards;
  const [own] = await settings.list(organizer.actor, id);
  await settings.save(organizer.actor, id, { ...own!, taskRule: 'mean', anonymous: true });
  const [score] = board.columns;
  const leaderboards = [
    {
      id: board.id,
      submission_rule: 'Add_And_Delete',
      columns: [
        { ...score, title: 'Error', sorting: 'asc' },
        { index: 1, title: 'Sum', key: 'sum', computation: 'sum', computation_indexes: '0' },
      ],
    },
    { id: null, title: 'Other', key: 'other', columns: [{ index: 0, title: 'Time', key: 'time' }] },
  ];
  const [phase] = (await get(url)).json().phases;
  const changed = (await send('PATCH', url, { leaderboards })).json();
  expect(changed.leaderboards).toMatchObject([
    {
      id: board.id,
      key: 'board',
      submission_rule: 'Add_And_Delete',
      columns: [
        { id: score.id, title: 'Error', sorting: 'asc' },
        { key: 'sum', computation: 'sum', computation_indexes: ['0'] },
      ],
    },
    { key: 'other', columns: [{ key: 'time', sorting: 'desc' }] },
  ]);
  expect((await settings.list(organizer.actor, id))[0]).toMatchObject({ taskRule: 'mean', anonymous: true });

  const [, other] = changed.leaderboards;
  expect((await send('PATCH', `phases/${phase.id}/`, { leaderboard: other.id })).json()).toMatchObject({
    leaderboard: other.id,
  });
  await send('PATCH', `phases/${phase.id}/`, { leaderboard: board.id });
  const missing = { leaderboards: [{ id: 99999, title: 'None' }] };
  expect((await send('PATCH', url, missing, 400)).json()).toEqual({
    leaderboards: ['Invalid pk "99999" - object does not exist.'],
  });
  const twice = { leaderboards: [{ id: board.id, columns: [score, score] }] };
  expect((await send('PATCH', url, twice, 400)).json()).toEqual({
    detail: expect.stringMatching(/two columns/i),
    code: 'board_invalid',
  });
});

test('organizers and the logo are changed, and what is not kept here is refused rather than forgotten', async () => {
  const url = `competitions/${id}/`;
  const before = (await get(url)).json();
  const picture = (bytes: Buffer) => ({ file_name: 'l.gif', data: bytes.toString('base64') });
  const logo = JSON.stringify(picture(PIXEL));
  const changed = (await send('PATCH', url, { logo, collaborators: [stranger.id, organizer.id] })).json();
  expect(changed.collaborators).toEqual([{ id: stranger.id, name: 'sam', username: 'sam' }]);
  const { pathname, search } = new URL(changed.logo);
  const shown = await hub.inject({ method: 'GET', url: pathname + search });
  expect(shown.rawPayload).toEqual(PIXEL);
  await send('PATCH', url, { description: 'Mine too' }, 200, stranger);
  for (const [sent, field] of [
    [{ logo: picture(Buffer.from('<svg/>')) }, 'logo'],
    [{ collaborators: [99999] }, 'collaborators'],
    [{ queue: 3 }, 'queue'],
    [{ report: 'https://example.org/report' }, 'report'],
    [{ whitelist_emails: ['a@example.org'] }, 'whitelist_emails'],
    [{ phases: [{ id: 99999, name: 'Other' }] }, 'phases'],
  ] as const)
    expect((await send('PATCH', url, sent, 400)).json()).toEqual({ [field]: [expect.any(String)] });
  const after = await send('PATCH', url, {
    collaborators: [],
    description: before.description,
    logo: before.logo,
  });
  expect(after.json().collaborators).toEqual([]);
});

test('where one part of a change is refused, nothing of it is kept', async () => {
  const url = `competitions/${id}/`;
  const { logo: _, logo_icon: __, ...before } = (await get(url)).json();
  const [{ id: phaseId }] = before.phases;
  const change = {
    title: 'Half',
    terms: 'Half',
    leaderboards: [
      { id: before.leaderboards[0].id, title: 'Half' },
      { title: 'Half', key: 'half', columns: [{ index: 0, title: 'Half', key: 'half' }] },
    ],
    phases: [{ id: phaseId, name: 'Half', hide_output: !before.phases[0].hide_output }],
  };
  const { leaderboards, phases } = change;
  for (const [wrong, field] of [
    [{ collaborators: [99999] }, 'collaborators'],
    [{ phases: [{ ...phases[0], end: '2000-01-01T00:00:00Z' }] }, 'end'],
    [{ phases: [{ ...phases[0], tasks: [] }] }, 'tasks'],
    [{ leaderboards: [...leaderboards, leaderboards[1]] }, 'detail'],
  ] as const) {
    const refused = (await send('PATCH', url, { ...change, ...wrong }, 400)).json();
    expect(refused).toHaveProperty(field);
    expect((await get(url)).json()).toMatchObject(before);
  }
});

test('phases are moved together, also where one alone would be in the way of another', async () => {
  const url = `competitions/${id}/`;
  const { phases, leaderboards } = (await get(url)).json();
  const [first] = phases;
  const second = await hub.context.competitions.phases.add(organizer.actor, id, {
    name: 'Second',
    startsAt: new Date('2020-03-01T00:00:00Z'),
    endsAt: null,
    taskIds: [first.tasks[0].id],
    leaderboardId: leaderboards[0].id,
  });
  const later = { id: first.id, end: '2020-04-01T00:00:00.000Z' };
  expect((await send('PATCH', url, { phases: [later] }, 400)).json()).toHaveProperty('end');
  const both = [later, { id: second.id, start: '2020-05-01T00:00:00.000Z' }];
  expect((await send('PATCH', url, { phases: both })).json().phases).toMatchObject(both);
  await hub.context.competitions.phases.remove(organizer.actor, second.id);
});

test('a phase is changed by itself, and told what cannot be by the name of its field', async () => {
  const [phase] = (await get(`competitions/${id}/`)).json().phases;
  const url = `phases/${phase.id}/`;
  expect(
    (await send('PATCH', url, { tasks: [phase.tasks[0].key], hide_output: 'true' })).json(),
  ).toMatchObject({
    hide_output: true,
    competition: id,
  });
  const wrong = await send('PATCH', url, { start: '2030-01-01', end: '2020-01-01T00:00:00Z' }, 400);
  expect(wrong.json()).toEqual({ end: [expect.any(String)] });
  expect((await send('PATCH', url, { start: 'soon' }, 400)).json()).toEqual({ start: [expect.any(String)] });
  await send('PATCH', url, { name: 'Mine' }, 403, stranger);
});

test('a competition is made of JSON as the editor of Codabench sends it', async () => {
  const [{ tasks }] = (await get(`competitions/${id}/`)).json().phases;
  const sent = {
    title: 'By hand',
    published: false,
    description: '',
    logo: JSON.stringify({ file_name: 'l.gif', data: `data:image/gif;base64,${PIXEL.toString('base64')}` }),
    terms: 'Terms',
    docker_image: 'python:3',
    fact_sheet: null,
    queue: null,
    collaborators: [],
    pages: [{ title: 'Home', content: 'Welcome', index: 0 }],
    leaderboards: [
      {
        id: null,
        title: 'Results',
        key: 'results',
        primary_index: 0,
        columns: [
          { index: 0, title: 'Score', key: 'score', sorting: 'asc', computation: null, hidden: false },
        ],
      },
    ],
    phases: [
      {
        name: 'One',
        description: '',
        start: '2030-01-01T00:00:00.000Z',
        end: null,
        index: 0,
        max_submissions_per_person: 7,
        public_data: null,
        tasks: [{ task: tasks[0].key, order_index: 0 }],
      },
    ],
  };
  const made = (await send('POST', 'competitions/', sent, 201)).json();
  expect(made).toMatchObject({
    title: 'By hand',
    published: false,
    docker_image: 'python:3',
    pages: [{ content: 'Welcome' }],
    phases: [{ name: 'One', max_submissions_per_person: 7, tasks: [{ key: tasks[0].key }] }],
    leaderboards: [{ columns: [{ key: 'score', sorting: 'asc' }] }],
  });
  const strange = {
    ...sent,
    phases: [{ ...sent.phases[0], tasks: ['11111111-2222-4333-8444-555555555555'] }],
  };
  expect((await send('POST', 'competitions/', strange, 400)).json()).toEqual({
    phases: ['Object with key=11111111-2222-4333-8444-555555555555 does not exist.'],
  });
  const wrong = { ...sent, phases: [{ ...sent.phases[0], start: 'soon' }], title: 'x'.repeat(300) };
  expect((await send('POST', 'competitions/', wrong, 400)).json()).toEqual({
    title: [expect.any(String)],
    phases: [expect.stringContaining('phases[0].start')],
  });
});
