import { RE2JS } from 're2js';
import { expect, test } from 'vitest';
import { LineScrubber, MOST_LINE_BYTES } from './scrub.ts';

const rules = [{ pattern: RE2JS.compile('\\b\\d{6}\\b'), replace: '[id]' }];

function scrub(text: string | Uint8Array, pieces = Number.POSITIVE_INFINITY): string {
  const bytes = Buffer.from(text);
  const scrubber = new LineScrubber(rules);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieces)
    parts.push(scrubber.push(bytes.subarray(at, at + pieces)));
  return Buffer.concat([...parts, scrubber.end()]).toString();
}

test.each([
  ['patient 123456 of 7', 'patient [id] of 7\n'],
  ['\u001b[31mred\u001b[0m', 'red\n'],
  ['12\u001b[0m3456', '[id]\n'],
  ['12\u200b3456', '[id]\n'],
  ['\u001b]0;title\u0007text', 'text\n'],
  ['\u001b]8;;http://x/123456\u001b\\link\u001b]8;;\u001b\\', 'link\n'],
  ['\u009b1mbold', 'bold\n'],
  ['progress 1\rprogress 2', 'progress 1progress 2\n'],
  ['a\u0000b\u0008c\u007fd', 'abcd\n'],
  ['\u202eright to left', 'right to left\n'],
  ['tabs\tstay, ünïcödé stays 日本', 'tabs\tstay, ünïcödé stays 日本\n'],
  ['one\ntwo\n', 'one\ntwo\n'],
  ['', ''],
])('%j becomes %j', (text, scrubbed) => {
  expect(scrub(text)).toBe(scrubbed);
});

test('what is not UTF-8 becomes the sign for it', () => {
  expect(scrub(Uint8Array.of(0x61, 0xff, 0xc3, 0x28, 0x0a))).toBe('a��(\n');
});

test('a line that is too long is left out as a whole', () => {
  expect(scrub(`${'x'.repeat(MOST_LINE_BYTES)}123456\nnext`)).toBe('[line too long]\nnext\n');
});

test('where the bytes are cut makes no difference', () => {
  const text = `é 123456 \u001b[1m日本\u001b[0m\n${'y'.repeat(MOST_LINE_BYTES + 5)}\nlast 654321 \u202e`;
  const whole = scrub(text);
  for (let pieces = 1; pieces < 40; pieces += 1) expect(scrub(text, pieces)).toBe(whole);
});

test('a site’s replacement is text, not a template', () => {
  const scrubber = new LineScrubber([{ pattern: RE2JS.compile('secret'), replace: '$&' }]);
  expect(scrubber.push(Buffer.from('a secret\n')).toString()).toBe('a $&\n');
});

test('a line that would make a pattern backtrack takes no longer than others', () => {
  const scrubber = new LineScrubber([{ pattern: RE2JS.compile('(a+)+b'), replace: 'x' }]);
  const line = 'a'.repeat(MOST_LINE_BYTES);
  expect(scrubber.push(Buffer.from(`${line}\n`)).toString()).toBe(`${line}\n`);
});

test('patterns that take too long are given no more lines, and nothing leaves that they have not seen', () => {
  const scrubber = new LineScrubber([{ pattern: RE2JS.compile('secret'), replace: 'x' }], 0.000_001);
  const said = scrubber.push(Buffer.from('a secret\nanother secret\n')).toString();
  expect(said).toBe('a x\n[left out: the patterns take too long]\n');
});
