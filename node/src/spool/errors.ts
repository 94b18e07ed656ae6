/** The journal cannot be read or written; nothing may be reported any more. Final for this process. */
export class JournalFailedError extends Error {
  override readonly name = 'JournalFailedError';
  readonly code = 'journal_failed';

  constructor(path: string, cause: unknown) {
    super(
      `${path}: ${cause instanceof Error ? cause.message : String(cause)}; see to the disk and start again`,
      {
        cause,
      },
    );
  }
}
