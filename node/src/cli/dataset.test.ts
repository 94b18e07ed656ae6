import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { homeAt, makeHome } from '../home/home.ts';
import { readEntries } from '../ledger/read.ts';
import { readPolicy } from '../policy/policy-file.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { weirNode } from './testing/weir-node.ts';

// Each command is a process of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

test('a dataset is registered, checked, changed, removed, and the ledger knows', async () => {
  await using folder = await temporaryFolder();
  const home = homeAt(join(folder.path, 'home'));
  await makeHome(home);
  const data: Record<string, string> = {};
  for (const part of ['input', 'reference', 'synthetic-input', 'synthetic-reference']) {
    data[part] = join(folder.path, part);
    await mkdir(data[part], { mode: 0o755 });
    await writeFile(join(data[part], 'table.csv'), part);
  }
  const flags = Object.entries(data).flatMap(([part, path]) => [`--${part}`, path]);
  const dataset = (...words: string[]) => weirNode('dataset', ...words, '--home', home.root);

  const added = await dataset('add', 'sepsis', '--version', '1', ...flags, '--counts', 'patients=120');
  expect(added).toMatchObject({ code: 0, err: '' });
  expect(added.out).toMatch(/registered sepsis@1 .*synthetic sha256:[0-9a-f]{64} {2}patients=120/);
  expect((await dataset('list')).out).toContain('sepsis@1');
  expect(await dataset('check', '--full')).toMatchObject({ code: 0 });

  await writeFile(join(data.reference ?? '', 'table.csv'), 'else');
  const changed = await dataset('check');
  expect(changed.code).toBe(3);
  expect(changed.err).toMatch(/sepsis@1: reference\/table.csv has another size/);

  expect(await dataset('remove', 'sepsis', '--version', '1')).toMatchObject({ code: 0 });
  expect((await dataset('list')).out).toBe('');
  const changes: unknown[] = [];
  for await (const { event } of readEntries(home.ledger, { kinds: ['dataset'] })) changes.push(event);
  expect(changes).toMatchObject([
    { name: 'sepsis', version: '1', change: 'registered' },
    { name: 'sepsis', version: '1', change: 'removed' },
  ]);
});

test.runIf(process.getuid?.() === 0)(
  'data that programs may not read are refused when they are registered',
  async () => {
    await using folder = await temporaryFolder();
    const input = join(folder.path, 'input');
    await mkdir(input);
    await writeFile(join(input, 'table.csv'), 'x');
    await chmod(input, 0o700);
    const home = join(folder.path, 'home');
    const { code, err } = await weirNode(
      'dataset',
      'add',
      'a',
      '--version',
      '1',
      '--input',
      input,
      '--home',
      home,
    );
    expect(code).toBe(1);
    expect(err).toMatch(/input cannot be read by the user that programs run as here \(10001\)/);
  },
);

test('an attestation is made that the policy of a site takes', async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  await writeFile(at('score.zip'), 'a program');
  const made = await weirNode('attest', 'keygen', '--out', at('key.pem'));
  const [signers] = /^signers: .*$/m.exec(made.out) ?? [''];
  const signed = await weirNode('attest', '--key', at('key.pem'), '--out', at('a.json'), at('score.zip'));
  expect(signed).toMatchObject({ code: 0, err: '' });
  const [digest] = /sha256:[0-9a-f]{64}/.exec(signed.out) ?? [''];

  const policy = `version: 1\nhubs: any\ncompetitions: any\nsubmitters: any\nimages: any\nprograms: ["signed_by:NAME"]\nresources: { memory: 1, cpus: 1, step_seconds: 1, disk: 1 }\n${signers}\n...\n`;
  await writeFile(at('policy.yaml'), policy);
  await readPolicy(at('policy.yaml'));
  const run = (attestations: string[]) => ({ competition: 1, programs: [digest], attestations });
  const cases = [
    { name: 'signed', run: run(['a.json']), expect: 'permitted' },
    { name: 'not signed', run: run([]), expect: 'refused', code: 'PROGRAM' },
  ];
  await writeFile(at('policy.test.yaml'), JSON.stringify({ cases }));
  const tried = await weirNode('policy', 'test', '--policy', at('policy.yaml'));
  expect(tried.out).toContain('2 of 2 cases as expected');

  const before = await readFile(at('key.pem'), 'utf8');
  expect(await weirNode('attest', 'keygen', '--out', at('key.pem'))).toMatchObject({ code: 1 });
  expect(await readFile(at('key.pem'), 'utf8')).toBe(before);
  expect(await weirNode('attest', '--key', at('a.json'), '--out', at('b.json'), digest)).toMatchObject({
    code: 2,
  });
  expect(
    await weirNode('attest', '--key', at('key.pem'), '--out', at('b.json'), 'sha256:short'),
  ).toMatchObject({
    code: 2,
  });
});
