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

/** Where in which file a problem is. */
export interface Place {
  where: string;
  file?: string;
  at?: Position;
}

/** Collects the problems of one bundle, so that its maker sees all of them at once. */
export class ProblemLog {
  readonly #file: string;
  readonly #all: Problem[] = [];

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

  append(problems: readonly Problem[]): void {
    this.#all.push(...problems);
  }

  get errors(): Problem[] {
    return this.#all.filter((problem) => problem.severity === 'error');
  }

  get notes(): Problem[] {
    return this.#all.filter((problem) => problem.severity === 'note');
  }

  #add(severity: Severity, code: string, { where, file, at }: Place, message: string, cure: string): void {
    this.#all.push({
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
