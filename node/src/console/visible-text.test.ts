import { expect, test } from 'vitest';
import { showInvisible, visibleLines } from './visible-text.ts';

/** Lines as they are read, with what is marked in brackets. */
function read(content: string | Uint8Array): string[] {
  return visibleLines(Buffer.from(content)).lines.map((segments) =>
    segments.map(({ kind, text }) => (kind === 'plain' ? text : `[${kind} ${text}]`)).join(''),
  );
}

test('plain text is what it is', () => {
  expect(read('auc 0.91\ndone\n')).toEqual(['auc 0.91', 'done']);
});

test.each([
  ['terminal escapes', '\u001b[31m', '[escape ⟨U+001B⟩][31m'],
  ['text that runs the other way', '\u202eabc', '[escape ⟨U+202E⟩]abc'],
  ['isolates', '\u2066a\u2069', '[escape ⟨U+2066⟩]a[escape ⟨U+2069⟩]'],
  ['zero-width characters', 'a\u200b\u200d\ufeffb', 'a[escape ⟨U+200B⟩][escape ⟨U+200D⟩][escape ⟨U+FEFF⟩]b'],
  ['tags beyond the basic plane', '\u{e0041}', '[escape ⟨U+E0041⟩]'],
  ['variation selectors', 'a\ufe0f', 'a[escape ⟨U+FE0F⟩]'],
  ['marks that pile up', 'e\u0301', 'e[escape ⟨U+0301⟩]'],
  ['spaces that are not the space', 'a\u00a0b\u2003c', 'a[escape ⟨U+00A0⟩]b[escape ⟨U+2003⟩]c'],
  ['letters that look like others', '\u0430uc', '[foreign а]uc'],
  ['spaces that could be counted', ' a  b ', '[space ·]a[space ··]b[space ·]'],
  ['tabs and carriage returns', 'a\tb\r', 'a[escape \\t]b[escape \\r]'],
  ['separators of lines that are none', 'a\u2028b\u0085c', 'a[escape ⟨U+2028⟩]b[escape ⟨U+0085⟩]c'],
])('%s are spelled out', (_, content, shown) => {
  expect(read(content)).toEqual([shown]);
});

test('bytes that are no text are told from text that looks like their names', () => {
  expect(read(Buffer.from([0x61, 0xff, 0x80]))).toEqual(['a[byte \\xff][byte \\x80]']);
  expect(read('a\\xff')).toEqual(['a[escape \\\\]xff']);
  // Overlong and surrogate forms are no UTF-8.
  expect(read(Buffer.from([0xc0, 0xaf, 0xed, 0xa0, 0x80]))[0]?.match(/byte/g)).toHaveLength(5);
});

test('two materials that differ in one byte never look the same', () => {
  const texts = [
    'a b',
    'a  b',
    'a b ',
    'a\tb',
    'a\\tb',
    'a\u00a0b',
    'a\u200b b',
    'a b\r',
    'a·b',
    'a··b',
    '⟨U+200B⟩',
    '\u200b',
  ];
  const shown = texts.map((text) => JSON.stringify(visibleLines(Buffer.from(text))));
  expect(new Set(shown).size).toBe(texts.length);
  expect(visibleLines(Buffer.from('a')).endsWithLineFeed).toBe(false);
  expect(visibleLines(Buffer.from('a\n')).endsWithLineFeed).toBe(true);
});

test('names keep their letters, and lose nothing that hides', () => {
  expect(showInvisible('Zoë हिन्दी')).toBe('Zoë हिन्दी');
  expect(showInvisible('eve\u202e\u0007')).toBe('eve⟨U+202E⟩⟨U+0007⟩');
});
