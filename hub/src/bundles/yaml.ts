import { type Document, LineCounter, parseDocument } from 'yaml';
import type { Problem } from './problem.ts';
import { type Indented, indentContinuations } from './yaml-indentation.ts';
import { TreeBuilder } from './yaml-tree.ts';

/** Of a value's first character; both count from 1. */
export interface Position {
  line: number;
  column: number;
}

interface Node {
  at: Position;
}
export type YamlScalar = Node & {
  /** As written, without quotes. */
  text: string;
} & (
    | { kind: 'string'; value: string }
    | { kind: 'integer'; value: number }
    | { kind: 'float'; value: number }
    | { kind: 'boolean'; value: boolean }
    | { kind: 'null'; value: null }
    | { kind: 'timestamp'; value: string }
  );
export interface YamlSequence extends Node {
  kind: 'sequence';
  items: YamlNode[];
}
/** Keys are the text of their scalars: `1`, `"1"` and `yes` are found as `1`, `1` and `yes`. */
export interface YamlMapping extends Node {
  kind: 'mapping';
  entries: Map<string, { keyAt: Position; value: YamlNode }>;
}
export type YamlNode = YamlScalar | YamlSequence | YamlMapping;

export interface YamlResult {
  /** Null when `problems` holds an error. An empty document is a null scalar. */
  root: YamlNode | null;
  problems: Problem[];
}

/** Bytes; parsing takes time in proportion, some two seconds for the worst document of this size. */
export const MAX_YAML_BYTES = 256 * 1024;
const MAX_SYNTAX_PROBLEMS = 10;
const SPLIT_LINES = 'Check the indentation, quotes and colons around this place.';

/**
 * Reads one YAML 1.1 document as PyYAML's safe loader would, except that timestamps stay exact, unknown tags (such as
 * `!!python/unicode`) are taken for text, and a repeated key, whose last value counts there too, is mentioned.
 * Merge keys are merged. A byte order mark and any line ends are fine.
 *
 * Never throws for what is in the document. Values that share an anchor share their node, so the result is a graph
 * without cycles, whose size written out in full is bounded.
 */
export function readYaml(file: string, bytes: Uint8Array): YamlResult {
  const problem = (code: string, at: Position | null, message: string, cure: string): YamlResult => ({
    root: null,
    problems: [toProblem(file, 'error', code, at, message, cure)],
  });
  if (bytes.length > MAX_YAML_BYTES) {
    const message = `The file has ${bytes.length} bytes; at most ${MAX_YAML_BYTES} are read.`;
    return problem('yaml_too_large', null, message, 'Move long texts to pages of their own.');
  }
  const text = decodeUtf8(bytes)?.replace(/\r(?!\n)/g, '\n') ?? null;
  if (text === null) {
    return problem('yaml_not_utf8', null, 'The file is not UTF-8 text.', 'Save it as UTF-8 and zip again.');
  }
  const control = firstControlCharacter(text);
  if (control !== -1) {
    const at = parse(text).positionOf(control);
    return problem('yaml_control_character', at, 'There is a control character in the file.', 'Remove it.');
  }
  const { document, positionOf } = parseLeniently(text);
  if (document.errors.length > 0) {
    const problems = document.errors.slice(0, MAX_SYNTAX_PROBLEMS).map((error) => {
      const message = `This is not valid YAML: ${error.message.replace(/\.?$/, '.')}`;
      return toProblem(file, 'error', 'yaml_syntax', positionOf(error.pos[0]), message, SPLIT_LINES);
    });
    return { root: null, problems };
  }
  const notes: Problem[] = [];
  const builder = new TreeBuilder(positionOf, (code, at, message) => {
    if (notes.length < 100) notes.push(toProblem(file, 'note', code, at, message, ''));
  });
  const built = builder.build(document.contents);
  if ('code' in built) return problem(built.code, built.at, built.message, built.cure);
  return { root: built.root, problems: notes };
}

interface Parsed {
  document: Document.Parsed;
  positionOf(offset: number): Position;
}

function parse(text: string, added: Indented['added'] = []): Parsed {
  const lines = new LineCounter();
  // The failsafe schema leaves every scalar as text: what it means is decided by PyYAML's rules, not the library's.
  const document = parseDocument(text, {
    version: '1.1',
    schema: 'failsafe',
    strict: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter: lines,
  });
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col - (added[line - 1] ?? 0), 1) };
  };
  return { document, positionOf };
}

/** As it is written, or, where only that makes it valid, with its continued lines indented. */
function parseLeniently(text: string): Parsed {
  const written = parse(text);
  const indented = written.document.errors.length > 0 ? indentContinuations(text) : null;
  if (indented === null) return written;
  const mended = parse(indented.text, indented.added);
  return mended.document.errors.length > 0 ? written : mended;
}

function toProblem(
  file: string,
  severity: Problem['severity'],
  code: string,
  at: Position | null,
  message: string,
  cure: string,
): Problem {
  return {
    code,
    severity,
    file,
    line: at?.line ?? null,
    column: at?.column ?? null,
    where: '',
    message,
    cure,
  };
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function firstControlCharacter(text: string): number {
  return text.search(/[^\t\n\r\P{Cc}\u0085]/u);
}
