/** Reads what dockerode throws: an Error with the HTTP status of the engine's answer, or without one when there was no answer. */
function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

export function isNotFound(error: unknown): boolean {
  return statusOf(error) === 404;
}

export function isConflict(error: unknown): boolean {
  return statusOf(error) === 409;
}

/** The engine was not reached or went away in the middle, as opposed to having answered with an error. */
export function isConnectionLost(error: unknown): boolean {
  return statusOf(error) === undefined;
}

/**
 * The exit code that a shell would give for a command that the engine could not start, or undefined when it failed for another reason.
 * Only seen with engines that put no init in front of the command.
 */
export function startFailureCode(error: unknown): 126 | 127 | undefined {
  if (!(error instanceof Error) || !/exec/.test(error.message)) return undefined;
  if (/executable file not found|no such file or directory/i.test(error.message)) return 127;
  if (/permission denied|exec format error|is a directory/i.test(error.message)) return 126;
  return undefined;
}
