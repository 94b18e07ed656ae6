export interface PolicyProblem {
  /** Where in the file, like `resources.memory`; empty for the file as a whole. */
  readonly place: string;
  readonly problem: string;
}

/** The policy file is missing or cannot be read as a policy. Until it can, the node refuses every run. */
export class PolicyUnreadableError extends Error {
  override readonly name = 'PolicyUnreadableError';
  readonly code = 'policy_unreadable';
  readonly problems: readonly PolicyProblem[];

  constructor(path: string, problems: readonly PolicyProblem[]) {
    const lines = problems.map(({ place, problem }) => (place ? `${place}: ${problem}` : problem));
    super(`${path}: ${lines.join('\n  ')}`);
    this.problems = problems;
  }
}
