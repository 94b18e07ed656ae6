import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { PolicyProblem } from './errors.ts';

export type ReadYaml =
  | {
      readonly kind: 'read';
      readonly value: unknown;
      /** The line of a place, or of the nearest thing around it that is there. */
      lineOf(path: readonly PropertyKey[]): number;
    }
  | { readonly kind: 'unreadable'; readonly problems: readonly PolicyProblem[] };

const AFTER_THE_END = 'stands below a line that ends or begins a document (`...`, `---`); put it above';
const MAX_CHARACTERS = 1 << 20;
const MAX_ALIASES = 20;

/** Reads one YAML document with the care that a file from anywhere needs: bounded, no key twice, no tags of other programs. Never throws. */
export function readYaml(text: string): ReadYaml {
  if (text.length > MAX_CHARACTERS) return unreadable('is larger than a policy can be (1 MiB)');
  try {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
    const problems = [...document.errors, ...document.warnings, ...prototypesIn(document)];
    if (problems.length > 0) {
      return {
        kind: 'unreadable',
        problems: problems.map(({ pos, message, ...problem }) => ({
          place: '',
          line: lines.linePos(pos[0]).line,
          problem: 'code' in problem && problem.code === 'MULTIPLE_DOCS' ? AFTER_THE_END : message,
        })),
      };
    }
    return {
      kind: 'read',
      value: document.toJS({ maxAliasCount: MAX_ALIASES }),
      lineOf: (path) => lines.linePos(startOf(document, path)).line,
    };
  } catch (error) {
    // Nested too deeply for the parser, or too many aliases.
    return unreadable(error instanceof Error ? error.message : String(error));
  }
}

/** JavaScript would pass over such a key, and a rule that is passed over permits. */
function prototypesIn(document: Document): { pos: [number]; message: string }[] {
  const found: { pos: [number]; message: string }[] = [];
  visit(document, {
    Pair: (_, { key }) => {
      if (!isScalar(key) || key.value !== '__proto__') return;
      found.push({ pos: [key.range?.[0] ?? 0], message: '__proto__ cannot be a key' });
    },
  });
  return found;
}

function unreadable(problem: string): ReadYaml {
  return { kind: 'unreadable', problems: [{ place: '', line: null, problem }] };
}

/** Where the key of a place begins, which is on the line that a person looks for. */
function startOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(last));
      if (pair && isNode(pair.key) && pair.key.range) return pair.key.range[0];
      continue;
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}
