/**
 * What a reader could not see, or would see in another order than it is: controls (terminal escapes among them), zero-width and other
 * format characters, marks that pile up on letters, private and unassigned code points, and spaces that are not the space.
 */
const INVISIBLE =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{M}\u115f\u1160\u3164\uffa0\u2800]|(?! )\p{Zs}/u;
/** In names: the same without marks, which many scripts need to be read. */
const INVISIBLE_IN_NAMES =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0\u2800]|(?! )\p{Zs}/gu;
const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\t': '\\t', '\r': '\\r', '\\': '\\\\' };

export interface TextSegment {
  /**
   * plain: as it is; escape: a character that could not be seen, or would deceive, by its code point; byte: a byte that is no text;
   * foreign: a letter that may look like another; space: spaces that could carry something.
   */
  readonly kind: 'plain' | 'escape' | 'byte' | 'foreign' | 'space';
  readonly text: string;
}

/** Names and titles: one line of text, with everything invisible spelled out. */
export function showInvisible(text: string): string {
  return text.replace(INVISIBLE_IN_NAMES, (character) =>
    character === '\n' || character === '\t' ? character : codePointOf(character),
  );
}

/** Material, line by line, so that two different materials never look the same. */
export function visibleLines(bytes: Uint8Array): { lines: TextSegment[][]; endsWithLineFeed: boolean } {
  const buffer = Buffer.from(bytes);
  const lines: TextSegment[][] = [];
  let start = 0;
  while (start < buffer.length) {
    const found = buffer.indexOf(0x0a, start);
    const end = found === -1 ? buffer.length : found;
    lines.push(segmentsOf(buffer.subarray(start, end)));
    start = end + 1;
  }
  return { lines, endsWithLineFeed: buffer.length === 0 || buffer.at(-1) === 0x0a };
}

function segmentsOf(line: Buffer): TextSegment[] {
  const segments: TextSegment[] = [];
  const add = (kind: TextSegment['kind'], text: string) => {
    const last = segments.at(-1);
    if (last?.kind === kind && kind === 'plain')
      segments[segments.length - 1] = { kind, text: last.text + text };
    else segments.push({ kind, text });
  };
  for (const piece of decode(line)) {
    if (typeof piece === 'number') add('byte', `\\x${piece.toString(16).padStart(2, '0')}`);
    else addText(piece, add);
  }
  return segments;
}

function addText(text: string, add: (kind: TextSegment['kind'], text: string) => void): void {
  // Single spaces between words are read as such; runs of them, and those at the ends, are counted by nobody.
  for (const [index, part] of text.split(/( {2,}|^ +| +$)/).entries()) {
    // What is captured stands between what is not.
    if (index % 2 === 1) {
      add('space', '·'.repeat(part.length));
      continue;
    }
    for (const character of part) {
      // The sign that escapes begin with must not stand for itself.
      if (SHORT_ESCAPES[character]) add('escape', SHORT_ESCAPES[character]);
      else if (INVISIBLE.test(character)) add('escape', codePointOf(character));
      else if (character > '~') add('foreign', character);
      else add('plain', character);
    }
  }
}

/** Characters where the bytes are UTF-8, bytes where they are not. */
function* decode(bytes: Buffer): Generator<string | number> {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    yield strict.decode(bytes);
    return;
  } catch {
    // Somewhere in it there is a byte that is no text.
  }
  let text = '';
  for (let index = 0; index < bytes.length; ) {
    const length = characterLength(bytes, index, strict);
    if (length > 0) {
      text += strict.decode(bytes.subarray(index, index + length));
      index += length;
      continue;
    }
    if (text) yield text;
    text = '';
    yield bytes[index]!;
    index += 1;
  }
  if (text) yield text;
}

/** Bytes of the character that begins here; 0 when none does. */
function characterLength(
  bytes: Buffer,
  index: number,
  strict: { decode(bytes: Uint8Array): string },
): number {
  const first = bytes[index]!;
  const length =
    first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length <= 1 || index + length > bytes.length) return length <= 1 ? length : 0;
  try {
    strict.decode(bytes.subarray(index, index + length));
    return length;
  } catch {
    return 0;
  }
}

function codePointOf(character: string): string {
  return `⟨U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`;
}
