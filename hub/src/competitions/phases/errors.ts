import { DomainError } from '../../http/domain-error.ts';

export type PhaseField =
  | 'startsAt'
  | 'endsAt'
  | 'tasks'
  | 'leaderboardId'
  | 'autoMigrateToThisPhase'
  | 'hideOutput';

/** Something of an edited phase that cannot be, with the field that it is about. */
export class PhaseInvalidError extends DomainError {
  readonly code = 'phase_invalid';
  readonly kind = 'invalid';

  constructor(field: PhaseField, message: string) {
    super(message, { fields: { [field]: message } });
  }
}

export class TaskNotUsableError extends DomainError {
  readonly code = 'task_not_usable';
  readonly kind = 'invalid';

  constructor() {
    const message = 'One of these tasks is gone, or is not yours to use. Choose others.';
    super(message, { fields: { tasks: message } });
  }
}

export class PhaseInUseError extends DomainError {
  readonly code = 'phase_in_use';
  readonly kind = 'conflict';

  constructor(name: string) {
    super(`Something was submitted to "${name}", so it stays, for the record. End it instead.`);
  }
}

export class OnlyPhaseError extends DomainError {
  readonly code = 'only_phase';
  readonly kind = 'conflict';

  constructor() {
    super('A competition has at least one phase. Add another one first.');
  }
}
