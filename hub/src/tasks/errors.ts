import type { Problem } from '../bundles/problem.ts';
import { DomainError } from '../http/domain-error.ts';

/** Also for those that exist and may not be seen: whether they do is nobody's business. */
export class TaskMissingError extends DomainError {
  readonly code = 'task_not_found';
  readonly kind = 'missing';

  constructor() {
    super('There is no such task, or it is not open to you. Ask its owner to share it with you.');
  }
}

export class NotYourTaskError extends DomainError {
  readonly code = 'not_your_task';
  readonly kind = 'forbidden';

  constructor() {
    super('Only its owner changes, shares or deletes a task. Make one of your own from what you may use.');
  }
}

export class TaskInUseError extends DomainError {
  readonly code = 'task_in_use';
  readonly kind = 'conflict';

  constructor(name: string, phases: readonly string[]) {
    super(`"${name}" is in use by ${phases.join(', ')}. Take it out of these phases first.`);
  }
}

export class NothingToRunError extends DomainError {
  readonly code = 'nothing_to_run';
  readonly kind = 'invalid';

  constructor() {
    super('A task needs a scoring program, or an ingestion program that scores as well.', {
      fields: { scoringProgram: 'Choose a scoring program.' },
    });
  }
}

export class NoSiteDataError extends DomainError {
  readonly code = 'no_site_data';
  readonly kind = 'invalid';

  constructor() {
    super(
      'This task does not run at sites. Which data of sites a task uses, and how their scores are combined, is said when it is made.',
    );
  }
}

export class PersonMissingError extends DomainError {
  readonly code = 'person_not_found';
  readonly kind = 'missing';

  constructor(username: string) {
    super(`There is nobody here with the username "${username}".`, {
      fields: { username: 'There is nobody with this username here.' },
    });
  }
}

/** An uploaded task that cannot be made, with all that is wrong with it. */
export class TaskArchiveError extends DomainError {
  readonly code = 'task_archive_invalid';
  readonly kind = 'invalid';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ message, cure }) => `${message} ${cure}`.trim()).join('\n'));
    this.problems = problems;
  }
}
