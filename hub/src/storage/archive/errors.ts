/** Stable codes of everything the archive reader refuses. */
export type ArchiveErrorCode =
  | 'archive_empty_file'
  | 'archive_not_a_zip'
  | 'archive_truncated'
  | 'archive_damaged'
  | 'archive_without_entries'
  | 'archive_too_many_entries'
  | 'archive_too_large'
  | 'archive_bomb'
  | 'archive_overlapping_entries'
  | 'entry_name_invalid'
  | 'entry_name_unsafe'
  | 'entry_name_too_long'
  | 'entry_too_deep'
  | 'entry_name_collision'
  | 'entry_is_special_file'
  | 'entry_encrypted'
  | 'entry_compression_unsupported'
  | 'entry_too_large'
  | 'entry_missing';

/**
 * The archive, as whoever made it made it, cannot be taken. Always the uploader's to mend: `message` says what and
 * where, `cure` what to do about it. `entry` is the offending member, made printable, when there is one.
 *
 * Faults of the machine (no such file, disk full) are not of this class.
 */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
  readonly code: ArchiveErrorCode;
  readonly entry: string | null;
  readonly cure: string;

  constructor(
    code: ArchiveErrorCode,
    problem: { message: string; cure: string; entry?: string; cause?: unknown },
  ) {
    super(problem.message, problem.cause === undefined ? {} : { cause: problem.cause });
    this.code = code;
    this.entry = problem.entry ?? null;
    this.cure = problem.cure;
  }
}

/** A member's name for people: control and formatting characters escaped, the middle of long names left out. */
export function printableName(name: string): string {
  const escaped = name.replace(
    /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
  return escaped.length <= 200 ? escaped : `${escaped.slice(0, 120)}…${escaped.slice(-60)}`;
}

export function missingEntry(kind: 'file' | 'folder', name: string): ArchiveError {
  const entry = printableName(name);
  return new ArchiveError('entry_missing', {
    message: `The archive holds no ${kind} "${entry}".`,
    entry,
    cure: 'Check the name, its case included.',
  });
}
