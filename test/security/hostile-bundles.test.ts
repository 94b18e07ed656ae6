import { afterAll, beforeAll, expect, test } from 'vitest';
import { competitionBundle } from '../harness/challenge.ts';
import { TestNetwork } from '../harness/test-network.ts';

let network: TestNetwork;

beforeAll(async () => {
  network = await TestNetwork.start();
});
afterAll(() => network[Symbol.asyncDispose]());

const laughs = Array.from({ length: 20 }, (_, level) =>
  level === 0
    ? 'a0: &a0 [ha, ha, ha]'
    : `a${level}: &a${level} [${Array(9)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
);

test.each([
  { what: 'aliases that multiply', yaml: `${laughs.join('\n')}\ntitle: *a19\n` },
  { what: 'an alias of itself', yaml: 'title: &a [*a]\n' },
  { what: 'a mapping that merges itself', yaml: 'x: &x {<<: *x}\ntitle: y\n' },
  { what: 'a hundred megabytes of spaces', yaml: ' '.repeat(100 << 20) },
  { what: 'ten thousand brackets', yaml: `title: ${'['.repeat(10_000)}` },
  {
    what: 'a hundred thousand keys',
    yaml: Array.from({ length: 100_000 }, (_, key) => `k${key}: 1`).join('\n'),
  },
  { what: 'a Python object', yaml: 'title: !!python/object/apply:os.system ["touch /tmp/weir-owned"]\n' },
])('YAML is refused in time, with a problem that says what to do: $what', async ({ yaml }) => {
  const bundle = competitionBundle({ files: { 'competition.yaml': yaml } });
  const { status, problems } = await network.organizer.createCompetition(bundle);
  expect(status).toBe('Failed');
  expect(problems.length).toBeGreaterThan(0);
  expect(problems.length).toBeLessThan(1_000);
  expect(problems.every(({ message, cure }) => message !== '' && cure !== '')).toBe(true);
  expect((await fetch(`${network.hub.url}/readyz`)).status).toBe(200);
});

const ATTACKS = `# Hello
<script>alert(1)</script>
<img src=x onerror="alert(1)">
<svg onload="alert(1)"><script>alert(1)</script></svg>

<a href="javascript:alert(1)">one</a> [two](javascript:alert(1)) [three](data:text/html,<script>alert(1)</script>)
<iframe srcdoc="<script>alert(1)</script>"></iframe>
<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>
<form action="/trpc/accounts.logout" method="post"><button>click</button></form>
<style>body { display: none }</style>
<base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example/">
<div style="position:fixed;inset:0" id="__proto__" onclick="alert(1)">over everything</div>
`;
/** What was taken for text may say anything. */
const FORBIDDEN =
  /<(script|iframe|svg|math|form|style|base|meta|object|embed)\b|<[^>]*(\s(on\w+|style)=|javascript:|data:)/i;

test.each([
  { what: 'Markdown', files: { 'overview.md': ATTACKS } },
  { what: 'HTML', files: { 'overview.md': `<!doctype html><html><body>${ATTACKS}</body></html>` } },
])('nothing of a page or of the terms runs or covers the portal: $what', async ({ what, files }) => {
  const bundle = competitionBundle({ title: what, terms: ATTACKS, files });
  const { competitionId, problems } = await network.organizer.createCompetition(bundle);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  const { pages, termsHtml } = await network.organizer.trpc.competitions.get.query({ id: competitionId! });
  for (const html of [pages[0]!.html, termsHtml]) {
    expect(html).toContain('Hello');
    expect(html).not.toMatch(FORBIDDEN);
  }
});

test('a page that takes too long to render is refused, and others are rendered meanwhile', async () => {
  const nested = `${'> '.repeat(5_000)}x\n`.repeat(20);
  const slow = network.organizer.createCompetition(competitionBundle({ title: 'Slow', page: nested }));
  const quick = network.organizer.createCompetition(competitionBundle({ title: 'Quick' }));
  expect((await quick).status).toBe('Finished');
  expect((await slow).status).toBe('Failed');
});

test('names are text wherever they go', async () => {
  const title = '<script>alert(1)</script>{{7*7}}';
  const { competitionId } = await network.organizer.createCompetition(competitionBundle({ title }));
  expect((await network.organizer.trpc.competitions.get.query({ id: competitionId! })).title).toBe(title);
});
