import type { NamedKey, ProblemLog } from './problem.ts';
import type { YamlMapping, YamlNode } from './yaml.ts';

const TRUE_TEXTS = /^(?:t|y|yes|true|on|1)$/i;
const FALSE_TEXTS = /^(?:f|n|no|false|off|0)$/i;

/** Of any list, and of mappings that stand for lists: far more than an honest competition has of anything. */
const MAX_ITEMS = 1_000;

/**
 * One mapping of the bundle's YAML, read key by key. Every reader records what is wrong and returns a stand-in, so that
 * reading goes on and all problems are found; a bundle with an error is never used. Keys nobody asked for are noted by
 * `noteUnknownKeys`.
 */
export class Fields {
  readonly log: ProblemLog;
  readonly where: string;
  readonly mapping: YamlMapping;
  readonly #asked = new Set<string>();

  constructor(log: ProblemLog, mapping: YamlMapping, where: string) {
    this.log = log;
    this.mapping = mapping;
    this.where = where;
  }

  /** The value, `undefined` when the key is absent. */
  find(key: string): YamlNode | undefined {
    this.#asked.add(key);
    return this.mapping.entries.get(key)?.value;
  }

  /** In the document's order. */
  keys(): string[] {
    return [...this.mapping.entries.keys()].slice(0, MAX_ITEMS);
  }

  /** As `find`, with an explicit null taken for absence. */
  findValue(key: string): YamlNode | undefined {
    const node = this.find(key);
    return node?.kind === 'null' ? undefined : node;
  }

  pathOf(key: string): string {
    return this.where === '' ? key : `${this.where}.${key}`;
  }

  error(key: string, code: string, message: string, cure: string): void {
    const at = this.mapping.entries.get(key)?.value.at ?? this.mapping.at;
    this.log.error(code, { where: this.pathOf(key), at }, message, cure);
  }

  note(key: string, code: string, message: string, cure = ''): void {
    const at = this.mapping.entries.get(key)?.value.at ?? this.mapping.at;
    this.log.note(code, { where: this.pathOf(key), at }, message, cure);
  }

  /** Remembers where a key of something on the hub stands, for the problem that it is not there. */
  name(field: string, what: NamedKey['what'], key: string): void {
    const at = this.mapping.entries.get(field)?.value.at ?? this.mapping.at;
    this.log.named.push({ what, key, place: { where: this.pathOf(field), at } });
  }

  /** Text, trimmed; numbers are taken as they are written. `null` when absent, null or blank. */
  text(key: string, limits: { max?: number } = {}): string | null {
    const node = this.findValue(key);
    if (node === undefined) return null;
    if (node.kind !== 'string' && node.kind !== 'integer' && node.kind !== 'float') {
      const cure = node.kind === 'mapping' || node.kind === 'sequence' ? 'Write text.' : 'Put it in quotes.';
      this.error(key, 'not_text', `"${key}" must be text, and YAML reads a ${node.kind} here.`, cure);
      return null;
    }
    const text = node.text.trim();
    if (limits.max !== undefined && [...text].length > limits.max) {
      const message = `"${key}" has ${[...text].length} characters; at most ${limits.max} are allowed.`;
      this.error(key, 'text_too_long', message, 'Shorten it.');
      return null;
    }
    return text === '' ? null : text;
  }

  requiredText(key: string, limits: { max?: number } = {}): string {
    const before = this.log.errorCount;
    const text = this.text(key, limits);
    if (text === null && this.log.errorCount === before) this.#missing(key);
    return text ?? '';
  }

  flag(key: string, absent: boolean): boolean {
    const node = this.find(key);
    if (node === undefined) return absent;
    if (node.kind === 'null') {
      this.note(key, 'default_taken', `"${key}" is empty; ${absent} is taken.`);
      return absent;
    }
    if (node.kind === 'boolean') return node.value;
    if (node.kind === 'string' || node.kind === 'integer') {
      if (TRUE_TEXTS.test(node.text)) return true;
      if (FALSE_TEXTS.test(node.text)) return false;
    }
    this.error(key, 'not_a_boolean', `"${key}" must be true or false.`, 'Write true or false.');
    return absent;
  }

  /** A whole number of at least `min`, 0 unless said, and at most `max`. `null` when absent or null. */
  integer(key: string, limits: { min?: number; max?: number } = {}): number | null {
    const node = this.findValue(key);
    if (node === undefined) return null;
    const value = toInteger(node);
    if (value === null) {
      this.error(key, 'not_an_integer', `"${key}" must be a whole number.`, 'Write digits only.');
      return null;
    }
    const { min = 0, max = 2 ** 31 - 1 } = limits;
    if (value < min || value > max) {
      const message = `"${key}" is ${value}; it must lie between ${min} and ${max}.`;
      this.error(key, 'number_out_of_range', message, 'Write a number within these bounds.');
      return null;
    }
    return value;
  }

  /** A finite number. `null` when absent or null. */
  number(key: string): number | null {
    const node = this.findValue(key);
    if (node === undefined) return null;
    const value = toNumber(node);
    if (Number.isFinite(value)) return value;
    this.error(key, 'not_a_number', `"${key}" must be a number.`, 'Write digits.');
    return null;
  }

  requiredInteger(key: string): number | null {
    const before = this.log.errorCount;
    const value = this.integer(key);
    if (value === null && this.log.errorCount === before) this.#missing(key);
    return value;
  }

  requiredNumber(key: string): number | null {
    const before = this.log.errorCount;
    const value = this.number(key);
    if (value === null && this.log.errorCount === before) this.#missing(key);
    return value;
  }

  /** Limits of submissions: 0 and null lift the limit, absence gives the default. */
  limit(key: string, absent: number): number | null {
    const node = this.find(key);
    if (node === undefined) return absent;
    return this.integer(key) || null;
  }

  choice<const T extends string, A extends T | null>(key: string, choices: readonly T[], absent: A): T | A {
    const text = this.text(key);
    if (text === null) return absent;
    const choice = choices.find((candidate) => candidate === text);
    if (choice !== undefined) return choice;
    this.error(key, 'unknown_choice', `"${key}" is "${text}".`, `Write one of: ${choices.join(', ')}.`);
    return absent;
  }

  /** The items of a list with their paths; empty when absent or, with an error, no list. */
  list(key: string): { node: YamlNode; where: string }[] {
    const node = this.findValue(key);
    if (node === undefined) return [];
    if (node.kind !== 'sequence') {
      this.error(key, 'not_a_list', `"${key}" must be a list.`, 'Begin every item with "- ".');
      return [];
    }
    this.#checkCount(key, node.items.length);
    return node.items
      .slice(0, MAX_ITEMS)
      .map((item, index) => ({ node: item, where: `${this.pathOf(key)}[${index}]` }));
  }

  /** The items of a list of mappings; those that are none are reported and left out. */
  mappings(key: string): Fields[] {
    return this.list(key).flatMap(({ node, where }) => {
      const fields = asFields(this.log, node, where);
      return fields === null ? [] : [fields];
    });
  }

  /** The mapping under a key; an empty one, with an error, when there is none. */
  requiredFields(key: string): Fields {
    const node = this.findValue(key);
    if (node?.kind === 'mapping') this.#checkCount(key, node.entries.size);
    const fields = node === undefined ? null : asFields(this.log, node, this.pathOf(key));
    if (node === undefined) this.#missing(key);
    return (
      fields ??
      new Fields(this.log, { kind: 'mapping', at: this.mapping.at, entries: new Map() }, this.pathOf(key))
    );
  }

  /** All values that are mappings, with their keys; the others are reported and left out. */
  nested(): { key: string; fields: Fields }[] {
    return this.keys().flatMap((key) => {
      const node = this.find(key);
      const fields = node === undefined ? null : asFields(this.log, node, this.pathOf(key));
      return fields === null ? [] : [{ key, fields }];
    });
  }

  integers(key: string): number[] {
    return this.list(key).flatMap(({ node, where }) => {
      const value = toInteger(node);
      if (value !== null) return [value];
      const cure = 'Write the index as digits.';
      this.log.error(
        'not_an_integer',
        { where, at: node.at },
        `"${key}" must hold whole numbers only.`,
        cure,
      );
      return [];
    });
  }

  /** A list of finite numbers; an explicit null in it stays one. */
  numbers(key: string): (number | null)[] {
    return this.list(key).flatMap(({ node, where }) => {
      if (node.kind === 'null') return [null];
      const value = toNumber(node);
      if (Number.isFinite(value)) return [value];
      this.log.error('not_a_number', { where, at: node.at }, `"${key}" must hold numbers.`, 'Write digits.');
      return [];
    });
  }

  noteUnknownKeys(): void {
    for (const [key, { keyAt }] of this.mapping.entries) {
      if (this.#asked.has(key)) continue;
      this.log.note(
        'key_ignored',
        { where: this.pathOf(key), at: keyAt },
        `"${key}" is not known here and is ignored.`,
      );
    }
  }

  #checkCount(key: string, count: number): void {
    if (count <= MAX_ITEMS) return;
    const message = `"${key}" has ${count} items; at most ${MAX_ITEMS} are taken.`;
    this.error(key, 'too_many_items', message, 'Shorten the list.');
  }

  #missing(key: string): void {
    const what = this.mapping.entries.has(key) ? 'is empty' : 'is missing';
    const cure = `Add "${key}: …"${this.where === '' ? '' : ` to ${this.where}`}.`;
    this.error(key, 'key_missing', `"${key}" ${what}.`, cure);
  }
}

/** The node as a mapping to be read, `null` with an error when it is something else. */
export function asFields(log: ProblemLog, node: YamlNode, where: string): Fields | null {
  if (node.kind === 'mapping') return new Fields(log, node, where);
  const message = `${where === '' ? 'The document' : where} must be a mapping of keys to values.`;
  log.error('not_a_mapping', { where, at: node.at }, message, 'Write "key: value" lines.');
  return null;
}

/** NaN for what is none. YAML 1.1 takes 1e3 for text. */
function toNumber(node: YamlNode): number {
  if (node.kind === 'integer' || node.kind === 'float') return node.value;
  return node.kind === 'string' && node.text.trim() !== '' ? Number(node.text) : Number.NaN;
}

function toInteger(node: YamlNode): number | null {
  if (node.kind === 'integer') return node.value;
  if (node.kind === 'float') return Number.isInteger(node.value) ? node.value : null;
  if (node.kind === 'string' && /^[-+]?\d+(?:\.0*)?$/.test(node.text.trim())) return Number(node.text);
  return null;
}
