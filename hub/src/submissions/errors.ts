import { DomainError } from '../http/domain-error.ts';

/** Also for those that exist and may not be seen. */
export class SupersededError extends DomainError {
  readonly code = 'task_changed_since';
  readonly kind = 'conflict';

  constructor() {
    super(
      'The task has been changed since this was scored, and the board of this phase takes what the current version scored. Submit it again, or ask an organizer to score it again.',
    );
  }
}

export class SubmissionMissingError extends DomainError {
  readonly code = 'submission_not_found';
  readonly kind = 'missing';

  constructor() {
    super('There is no such submission, or you may not see it.');
  }
}

export class NotParticipantError extends DomainError {
  readonly code: 'not_participant' | 'participation_pending' | 'participation_denied';
  readonly kind = 'forbidden';

  constructor(status: 'pending' | 'denied' | null) {
    super(NOT_PARTICIPANT[status ?? 'none']);
    this.code = status === null ? 'not_participant' : `participation_${status}`;
  }
}

const NOT_PARTICIPANT = {
  none: 'Join the competition first: only participants submit.',
  pending: 'The organizers have not approved you yet. You can submit as soon as they have.',
  denied: 'The organizers have not accepted you in this competition.',
};

export class TermsOutdatedError extends DomainError {
  readonly code = 'terms_outdated';
  readonly kind = 'forbidden';

  constructor() {
    super(
      'The terms have changed since you joined. Read and accept them on the competition page, then submit.',
    );
  }
}

export class ForeignUploadError extends DomainError {
  readonly code = 'foreign_upload';
  readonly kind = 'forbidden';

  constructor() {
    super('This upload is of somebody else. Upload the file yourself, then submit it.');
  }
}

export class UnknownTasksError extends DomainError {
  readonly code = 'unknown_tasks';
  readonly kind = 'invalid';

  constructor() {
    super('This phase does not have these tasks. Choose from its own, at least one.', {
      fields: { taskIds: 'Choose tasks of the phase.' },
    });
  }
}

export class FactSheetError extends DomainError {
  readonly code = 'fact_sheet_invalid';
  readonly kind = 'invalid';

  /** @param fields by the question's key */
  constructor(fields: Record<string, string>) {
    super(`Some answers of the fact sheet need another look: ${Object.values(fields).join(' ')}`, { fields });
  }
}

export class NotAllowedError extends DomainError {
  readonly code = 'not_allowed';
  readonly kind = 'forbidden';

  constructor(what: string) {
    super(what);
  }
}

export class NotFinishedError extends DomainError {
  readonly code = 'not_finished';
  readonly kind = 'conflict';

  constructor() {
    super(
      'Only finished submissions can be on the board, neither rehearsals nor re-runs on one task. If it is none, wait until it has its scores.',
    );
  }
}

export class StillRunningError extends DomainError {
  readonly code = 'still_running';
  readonly kind = 'conflict';

  constructor() {
    super('This submission is not over yet. Cancel it, or wait, then delete it.');
  }
}

export class OnBoardError extends DomainError {
  readonly code = 'on_board';
  readonly kind = 'conflict';

  constructor() {
    super('This submission is on the board. Take it off, or put another one there, then delete it.');
  }
}

export class OrganizersRerunError extends DomainError {
  readonly code = 'not_allowed';
  readonly kind = 'forbidden';

  constructor() {
    super('Only organizers run the submissions of a phase again, or take them over into another one.');
  }
}

export class NoPhaseBeforeError extends DomainError {
  readonly code = 'no_phase_before';
  readonly kind = 'invalid';

  constructor() {
    super('This is the first phase of the competition: there is none to take submissions over from.');
  }
}

export class NotEditableError extends DomainError {
  readonly code: 'not_scored' | 'sites_at_work';
  readonly kind = 'conflict';

  constructor(code: 'not_scored' | 'sites_at_work') {
    super(
      code === 'not_scored'
        ? 'Only scores of finished submissions can be edited, of one with several tasks those of its parts, and none of rehearsals.'
        : 'Some sites are still at work on this submission, and their scores would take the place of yours. Wait for them, or cancel it first.',
    );
    this.code = code;
  }
}

export class UnknownColumnError extends DomainError {
  readonly code = 'unknown_column';
  readonly kind = 'invalid';

  constructor(key: string) {
    super(
      `The board has no column "${key}" that a score can be written in: computed ones follow from the others.`,
      {
        fields: { columnKey: 'Choose a column that is not computed.' },
      },
    );
  }
}

export class UnknownPersonError extends DomainError {
  readonly code = 'unknown_person';
  readonly kind = 'invalid';

  constructor(username: string) {
    super(`Nobody here is called "${username}".`, {
      fields: { username: 'Write the name that they log in with.' },
    });
  }
}

export class NotPublishableError extends DomainError {
  readonly code = 'not_publishable';
  readonly kind = 'conflict';

  constructor() {
    super('Only finished submissions can be made public, and no rehearsals.');
  }
}

export class FileMissingError extends DomainError {
  readonly code = 'file_not_found';
  readonly kind = 'missing';

  constructor() {
    super('There is no such file of this submission, or the organizers do not show it.');
  }
}
