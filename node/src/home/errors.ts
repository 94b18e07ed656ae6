/** Another process works in this home. */
export class HomeLockedError extends Error {
  override readonly name = 'HomeLockedError';
  readonly code = 'home_locked';

  constructor(path: string, pid: number) {
    super(`${path}: process ${pid} works in this home; stop it first, or give this node a home of its own`);
  }
}

/** The home does not hold an enrolled node. */
export class NotEnrolledError extends Error {
  override readonly name = 'NotEnrolledError';
  readonly code = 'not_enrolled';

  constructor(path: string, problem: string) {
    super(
      `${path}: ${problem}; enrol this node first: weir-node enrol --hub URL --token TOKEN --name NAME --home DIR`,
    );
  }
}
