import { isAlias, isMap, isScalar, isSeq, type Pair, Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Position, YamlMapping, YamlNode, YamlScalar } from './yaml.ts';
import { resolvePlainScalar } from './yaml-scalar.ts';

const MAX_DEPTH = 100;
/** Nodes of the document with every alias written out: what a reader that follows all of them will visit. */
const MAX_EXPANDED_NODES = 200_000;
const STANDARD_TAGS = new Set(['str', 'int', 'float', 'bool', 'null', 'timestamp', 'map', 'seq', 'merge']);

/** The document cannot be taken as a tree of bounded size. */
export interface Refusal {
  code: string;
  at: Position;
  message: string;
  cure: string;
}

class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

type Note = (code: string, at: Position, message: string) => void;

/** Turns the library's nodes, all scalars text, into ours: scalars resolved, aliases followed, keys merged. One use. */
export class TreeBuilder {
  readonly #positionOf: (offset: number) => Position;
  readonly #note: Note;
  /** Null while the anchored node is still being built: an alias to it from inside would be a cycle. */
  readonly #anchored = new Map<string, YamlNode | null>();
  readonly #weights = new WeakMap<YamlNode, number>();
  #expanded = 0;

  constructor(positionOf: (offset: number) => Position, note: Note) {
    this.#positionOf = positionOf;
    this.#note = note;
  }

  build(contents: unknown): { root: YamlNode } | Refusal {
    try {
      return { root: this.#node(contents, 0) };
    } catch (error) {
      if (error instanceof Refused) return error.refusal;
      throw error;
    }
  }

  #node(node: unknown, depth: number): YamlNode {
    const before = this.#expanded;
    if (isAlias(node)) return this.#alias(node.source, this.#at(node));
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
    if (depth > MAX_DEPTH) {
      this.#refuse('yaml_too_deep', node, `Values nest more than ${MAX_DEPTH} deep.`, 'Nest them less.');
    }
    this.#count(1, node);
    if (anchor !== undefined) this.#anchored.set(anchor, null);
    const built = this.#build(node, depth);
    if (anchor !== undefined) {
      this.#anchored.set(anchor, built);
      this.#weights.set(built, this.#expanded - before);
    }
    return built;
  }

  #build(node: unknown, depth: number): YamlNode {
    const at = this.#at(node);
    if (isMap(node)) return this.#mapping(node, at, depth);
    if (isSeq(node)) return this.#sequence(node, at, depth);
    if (isScalar(node)) return this.#scalar(node, at);
    return { kind: 'null', value: null, text: '', at };
  }

  #sequence(node: YAMLSeq, at: Position, depth: number): YamlNode {
    this.#noteOddTag(node.tag, at);
    return { kind: 'sequence', at, items: node.items.map((item) => this.#node(item, depth + 1)) };
  }

  #mapping(node: YAMLMap, at: Position, depth: number): YamlMapping {
    this.#noteOddTag(node.tag, at);
    const own: YamlMapping['entries'] = new Map();
    const merged: YamlMapping['entries'] = new Map();
    for (const { key, value } of node.items as Pair[]) {
      const keyNode = this.#node(key, depth + 1);
      if (keyNode.kind === 'mapping' || keyNode.kind === 'sequence') {
        return this.#refuse(
          'yaml_key_not_scalar',
          key,
          'A key is a list or a mapping.',
          'Use a plain word as the key.',
        );
      }
      const valueNode = this.#node(value, depth + 1);
      if (keyNode.text === '<<' && isScalar(key) && key.type === Scalar.PLAIN) {
        this.#merge(merged, valueNode);
        continue;
      }
      if (own.has(keyNode.text)) {
        this.#note(
          'yaml_key_repeated',
          keyNode.at,
          `"${keyNode.text}" is given more than once; the last one counts.`,
        );
      }
      own.set(keyNode.text, { keyAt: keyNode.at, value: valueNode });
    }
    return { kind: 'mapping', at, entries: merged.size === 0 ? own : new Map([...merged, ...own]) };
  }

  #merge(into: YamlMapping['entries'], value: YamlNode): void {
    const sources = value.kind === 'sequence' ? value.items : [value];
    for (const source of sources) {
      if (source.kind !== 'mapping') {
        const cure = 'Merge mappings only: "<<: *anchor".';
        throw new Refused({
          code: 'yaml_merge',
          at: source.at,
          message: '"<<" merges something else than a mapping.',
          cure,
        });
      }
      for (const [key, entry] of source.entries) if (!into.has(key)) into.set(key, entry);
    }
  }

  #scalar(node: Scalar, at: Position): YamlScalar {
    const text = String(node.value ?? '');
    const tag = node.tag?.startsWith('tag:yaml.org,2002:') ? node.tag.slice(18) : node.tag;
    if (tag === undefined ? node.type === Scalar.PLAIN : STANDARD_TAGS.has(tag) && tag !== 'str') {
      return { ...resolvePlainScalar(text), text, at };
    }
    this.#noteOddTag(node.tag, at);
    return { kind: 'string', value: text, text, at };
  }

  #alias(name: string, at: Position): YamlNode {
    const target = this.#anchored.get(name);
    if (target === undefined) {
      const cure = `Define it first, with "&${name}".`;
      throw new Refused({
        code: 'yaml_alias_unknown',
        at,
        message: `"*${name}" refers to no anchor before it.`,
        cure,
      });
    }
    if (target === null) {
      const message = `"*${name}" refers to the value it is part of.`;
      throw new Refused({ code: 'yaml_alias_recursive', at, message, cure: 'Write the value out.' });
    }
    this.#count(this.#weights.get(target) ?? 1, at);
    return target;
  }

  #count(nodes: number, place: unknown): void {
    this.#expanded += nodes;
    if (this.#expanded > MAX_EXPANDED_NODES) {
      const message = `With its aliases written out, the document has more than ${MAX_EXPANDED_NODES} values.`;
      this.#refuse('yaml_alias_bomb', place, message, 'Use fewer aliases, or a shorter document.');
    }
  }

  #noteOddTag(tag: string | undefined, at: Position): void {
    if (tag === undefined || tag === '!') return;
    const name = tag.replace('tag:yaml.org,2002:', '!!');
    if (!STANDARD_TAGS.has(name.replace('!!', ''))) {
      this.#note(
        'yaml_tag_ignored',
        at,
        `The tag "${name}" is ignored; the value is taken as it is written.`,
      );
    }
  }

  #refuse(code: string, node: unknown, message: string, cure: string): never {
    throw new Refused({ code, at: this.#at(node), message, cure });
  }

  /** Takes a node of the library, or a position already known. */
  #at(place: unknown): Position {
    if (typeof place === 'object' && place !== null) {
      if ('line' in place) return place as Position;
      if ('range' in place && Array.isArray(place.range)) return this.#positionOf(Number(place.range[0]));
    }
    return { line: 1, column: 1 };
  }
}
