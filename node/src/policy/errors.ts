export interface PolicyProblem {
  /** Where in the file, like `resources.memory`; empty for the file as a whole. */
  readonly place: string;
  /** From 1; null when no line is to blame. */
  readonly line: number | null;
  /** What is wrong, and what to write instead. */
  readonly problem: string;
}

/** The policy file is missing or cannot be read as a policy. Until it can, the node refuses every run. */
export class PolicyUnreadableError extends Error {
  override readonly name = 'PolicyUnreadableError';
  readonly code = 'policy_unreadable';
  readonly problems: readonly PolicyProblem[];

  constructor(path: string, problems: readonly PolicyProblem[]) {
    super(`${path}: ${problems.map(showProblem).join('\n  ')}`);
    this.problems = problems;
  }
}

export function showProblem({ line, place, problem }: PolicyProblem): string {
  return [line === null ? '' : `line ${line}`, place, problem].filter(Boolean).join(': ');
}
