/** SQLSTATE 40P01 and 40001: PostgreSQL has ended one of several transactions that stood in each other's way. */
const CONFLICTS = ['40P01', '40001'];
const TRIES = 5;

/** Does work again that was a transaction of its own and lost against another one; nothing of it had happened. */
export async function retryConflicts<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === TRIES || !CONFLICTS.includes(codeOf(error))) throw error;
    }
  }
}

/** SQLSTATE classes 22 and 23: the values themselves cannot be stored, and never will be. */
export function isUnstorable(error: unknown): boolean {
  return /^2[23]/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
