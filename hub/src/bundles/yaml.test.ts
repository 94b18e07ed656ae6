import { describe, expect, test } from 'vitest';
import { MAX_YAML_BYTES, readYaml, type YamlNode } from './yaml.ts';

const read = (text: string) => readYaml('x.yaml', Buffer.from(text));

function plain(node: YamlNode): unknown {
  if (node.kind === 'mapping')
    return Object.fromEntries([...node.entries].map(([k, v]) => [k, plain(v.value)]));
  if (node.kind === 'sequence') return node.items.map(plain);
  return node.value;
}
function value(text: string): unknown {
  const { root, problems } = read(text);
  if (root === null) throw new Error(problems[0]?.message);
  return plain(root);
}
const codes = (text: string) => read(text).problems.map((problem) => problem.code);

test.each([
  ['yes', true],
  ['Off', false],
  ['y', 'y'],
  ['"yes"', 'yes'],
  ['010', 8],
  ['0o10', '0o10'],
  ['0x1F', 31],
  ['1_000', 1000],
  ['1:30', 90],
  ['-5', -5],
  ['2.0', 2],
  ['1e3', '1e3'],
  ['1.0e+3', 1000],
  ['~', null],
  ['', null],
  ['!!str 12', '12'],
  ['2019-08-07 10:00:00 +02:00', '2019-08-07 10:00:00 +02:00'],
])('%s means what it means to PyYAML', (text, expected) => {
  expect(value(`a: ${text}`)).toEqual({ a: expected });
});

test('timestamps are told from text', () => {
  const { root } = read('a: 2019-08-07\nb: "2019-08-07"');
  expect(root?.kind === 'mapping' && [...root.entries.values()].map((entry) => entry.value.kind)).toEqual([
    'timestamp',
    'string',
  ]);
});

test('byte order mark, CRLF and other scripts are fine', () => {
  expect(value('\uFEFFtitle: 課題\r\npages:\r\n  - é\r\n')).toEqual({ title: '課題', pages: ['é'] });
});

describe('lines that go on further out than the grammar allows, as PyYAML takes them', () => {
  test.each([
    ['double quotes', 'a: "one\ntwo"\nb: 1', { a: 'one two', b: 1 }],
    ['single quotes, one of them doubled', "a: 'it''s\n\ntwo'\nb: 1", { a: "it's\ntwo", b: 1 }],
    ['quotes in a list', 'a:\n  - b: "one\n two"\n    c: 2', { a: [{ b: 'one two', c: 2 }] }],
    ['an escaped end of line', 'a:\n  b: "one\\\n\\ two \\"x\\""\n  c: 1', { a: { b: 'one two "x"', c: 1 } }],
    ['a list', 'a:\n  - b: [\n    0, 1\n  ]\n    c: 2', { a: [{ b: [0, 1], c: 2 }] }],
    [
      'mappings in a list',
      'a:\n    b: [\n {c: "]", d: it\'s},\n {c: 2}\n]',
      { a: { b: [{ c: ']', d: "it's" }, { c: 2 }] } },
    ],
    ['after an anchor', 'a:\n  b: &x "one\n two"\n  c: *x', { a: { b: 'one two', c: 'one two' } }],
    [
      'beside literal text, comments and stray quotes',
      'a: |\n  "open\n  [more\n# "comment\nb: it\'s 5" # "x\nc:\n  d: "one\n two"',
      { a: '"open\n[more\n', b: 'it\'s 5"', c: { d: 'one two' } },
    ],
  ])('%s', (_, text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  test('places stay those of the file', () => {
    const { problems } = read('a:\n  - b: [0,\n!odd 1]\n    c: "one\n two"\n    c: 2');
    expect(problems).toMatchObject([
      { code: 'yaml_tag_ignored', line: 3 },
      { code: 'yaml_key_repeated', line: 6, column: 5 },
    ]);
  });

  test('what is wrong anyway is told as it is written', () => {
    expect(read('a: "one\ntwo"\nb: @x').problems[0]).toMatchObject({ code: 'yaml_syntax' });
  });
});

test('the line ends of old Macs', () => {
  expect(value('a: 1\rb: 2\r')).toEqual({ a: 1, b: 2 });
});

test('anchors and merges', () => {
  expect(value('a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\nc: *x')).toEqual({
    a: { p: 1, q: 2 },
    b: { p: 1, q: 3 },
    c: { p: 1, q: 2 },
  });
});

test('of a repeated key the last counts, with a note that has its place', () => {
  expect(value('a: 1\nb: 2\na: 3')).toEqual({ a: 3, b: 2 });
  expect(read('a: 1\nb: 2\na: 3').problems).toMatchObject([
    { code: 'yaml_key_repeated', severity: 'note', file: 'x.yaml', line: 3, column: 1 },
  ]);
});

test('tags of old dumps are text, with a note', () => {
  expect(value("title: !!python/unicode 'Task 1'")).toEqual({ title: 'Task 1' });
  expect(codes("title: !!python/unicode 'Task 1'")).toEqual(['yaml_tag_ignored']);
  expect(value('a: !!python/object/apply:os.system ["x"]')).toEqual({ a: ['x'] });
});

test('syntax errors name their place', () => {
  expect(read('title: x\npages: @x').problems[0]).toMatchObject({
    code: 'yaml_syntax',
    severity: 'error',
    line: 2,
  });
});

test.each([
  [
    'alias bomb',
    `a: &a [${'x,'.repeat(9)}x]\n${[...'bcdefghij'].map((k, i) => `${k}: &${k} [${`*${'abcdefghi'[i]},`.repeat(10)}]\n`).join('')}`,
    'yaml_alias_bomb',
  ],
  ['alias to itself', 'a: &a [*a]', 'yaml_alias_recursive'],
  ['unknown alias', 'a: *b', 'yaml_alias_unknown'],
  ['list as key', '? [a]\n: b', 'yaml_key_not_scalar'],
  ['merge of text', '<<: text', 'yaml_merge'],
  ['huge', `a: ${'x'.repeat(MAX_YAML_BYTES)}`, 'yaml_too_large'],
  ['deep', `${'['.repeat(200)}${']'.repeat(200)}`, 'yaml_too_deep'],
  ['very deep', '['.repeat(200_000), 'yaml_syntax'],
  ['control character', 'a: "\u0007"', 'yaml_control_character'],
  ['two documents', 'a: 1\n---\nb: 2', 'yaml_syntax'],
])('%s is refused', (_, text, code) => {
  const { root, problems } = read(text);
  expect(root).toBeNull();
  expect(problems[0]).toMatchObject({ code, severity: 'error', cure: expect.stringMatching(/\w/) });
  expect(problems.length).toBeLessThanOrEqual(10);
});

test('bytes that are not UTF-8 are refused', () => {
  expect(readYaml('x.yaml', Buffer.from([0xff, 0xfe, 0x00])).problems).toMatchObject([
    { code: 'yaml_not_utf8' },
  ]);
});
