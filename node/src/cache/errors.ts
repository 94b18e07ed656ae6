/** An artifact could not be fetched, or is not what the assignment says: the hub's fault. */
export class ArtifactUnavailableError extends Error {
  override readonly name = 'ArtifactUnavailableError';
  readonly code = 'artifact_unavailable';

  constructor(digest: string, problem: string, cause?: unknown) {
    super(`artifact ${digest}: ${problem}`, { cause });
  }
}
