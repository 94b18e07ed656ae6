import type { ArchiveError } from '../storage/archive/index.ts';
import type { Position } from './yaml.ts';

/** `error` keeps the bundle out; `note` tells the organizer what we did about something odd. */
export type Severity = 'error' | 'note';

/** One thing wrong with, or worth knowing about, a bundle. */
export interface Problem {
  /** Stable, for programs; `message` and `cure` are for people and may change. */
  code: string;
  severity: Severity;
  /** Name in the archive; null when it is about the archive as a whole. */
  file: string | null;
  /** Of the value at fault, or of the mapping that lacks it; both from 1, null outside YAML. */
  line: number | null;
  column: number | null;
  /** Path of the value, such as `phases[1].start`; empty for the root. */
  where: string;
  message: string;
  cure: string;
}

/** The archive as a whole, or one of its members, cannot be read. */
export function problemOfArchive({ code, message, cure, entry }: ArchiveError): Problem {
  return { severity: 'error', code, message, cure, file: entry, line: null, column: null, where: '' };
}

/** Where in which file a problem is. */
export interface Place {
  where: string;
  file?: string;
  at?: Position;
}

/** A key by which a bundle names what the hub should have already. Whether it has is found out later, without the YAML. */
export interface NamedKey {
  what: 'resource' | 'task' | 'queue';
  key: string;
  place: Place;
}

/** Of each severity; what comes after is counted only. */
const MAX_LISTED = 200;

/** Collects the problems of one bundle, so that its maker sees all of them at once. */
export class ProblemLog {
  readonly #file: string;
  readonly #listed: Record<Severity, Problem[]> = { error: [], note: [] };
  readonly #count: Record<Severity, number> = { error: 0, note: 0 };
  /** In the order read; a key that stands at several places is here as often. */
  readonly named: NamedKey[] = [];
  #isLenient = false;

  /** `file` is the one meant when a place names none. */
  constructor(file: string) {
    this.#file = file;
  }

  error(code: string, place: Place, message: string, cure: string): void {
    this.#add('error', code, place, message, cure);
  }

  note(code: string, place: Place, message: string, cure = ''): void {
    this.#add('note', code, place, message, cure);
  }

  /** What `read` finds wrong is only noted: for keys that other platforms ignore, whatever they hold. */
  leniently<T>(read: () => T): T {
    const before = this.#isLenient;
    this.#isLenient = true;
    try {
      return read();
    } finally {
      this.#isLenient = before;
    }
  }

  append(problems: readonly Problem[]): void {
    for (const problem of problems) this.#list(problem);
  }

  get errorCount(): number {
    return this.#count.error;
  }

  get errors(): Problem[] {
    return this.#withRest('error', 'Mend these first.');
  }

  get notes(): Problem[] {
    return this.#withRest('note', '');
  }

  #withRest(severity: Severity, cure: string): Problem[] {
    const listed = this.#listed[severity];
    const rest = this.#count[severity] - listed.length;
    if (rest === 0) return [...listed];
    const message = `And ${rest} more.`;
    const place = { file: this.#file, line: null, column: null, where: '' };
    return [...listed, { code: 'more_problems', severity, ...place, message, cure }];
  }

  #list(problem: Problem): void {
    this.#count[problem.severity]++;
    const listed = this.#listed[problem.severity];
    if (listed.length < MAX_LISTED) listed.push(problem);
  }

  #add(found: Severity, code: string, { where, file, at }: Place, message: string, cure: string): void {
    const severity = this.#isLenient ? 'note' : found;
    this.#list({
      code,
      severity,
      file: file ?? this.#file,
      line: file === undefined ? (at?.line ?? null) : null,
      column: file === undefined ? (at?.column ?? null) : null,
      where,
      message,
      cure,
    });
  }
}
