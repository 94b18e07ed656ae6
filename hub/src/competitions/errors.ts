import { inWords, type RequiredAttribute } from '../accounts/required-attributes.ts';
import { DomainError } from '../http/domain-error.ts';

/** Also for those that exist and may not be seen: whether they do is nobody's business. */
export class CompetitionMissingError extends DomainError {
  readonly code = 'competition_not_found';
  readonly kind = 'missing';

  constructor() {
    super('There is no such competition, or it is not open to you. Ask its organizer for the secret link.');
  }
}

export class PhaseMissingError extends DomainError {
  readonly code = 'phase_not_found';
  readonly kind = 'missing';

  constructor() {
    super('There is no such phase, or its competition is not open to you.');
  }
}

/** Something that organizers wrote of a competition that cannot be, with the field that it is about. */
export class CompetitionInvalidError extends DomainError {
  readonly code = 'competition_invalid';
  readonly kind = 'invalid';

  constructor(field: string, message: string) {
    super(message, { fields: { [field]: message } });
  }
}

export class OrganizersOnlyError extends DomainError {
  readonly code = 'organizers_only';
  readonly kind = 'forbidden';

  constructor() {
    super('Only the organizers of this competition may do this.');
  }
}

export class CreatorOnlyError extends DomainError {
  readonly code = 'creator_only';
  readonly kind = 'forbidden';

  constructor() {
    super('Only the person who made this competition may delete it.');
  }
}

export class TermsChangedError extends DomainError {
  readonly code = 'terms_changed';
  readonly kind = 'conflict';

  constructor() {
    super('The terms have changed since you opened the page. Read them again, then accept.');
  }
}

export class ParticipationDeniedError extends DomainError {
  readonly code = 'participation_denied';
  readonly kind = 'forbidden';

  constructor() {
    super(
      'The organizers have not accepted you in this competition. Ask them, if you think it is a mistake.',
    );
  }
}

export class AttributesLackingError extends DomainError {
  readonly code = 'attributes_lacking';
  readonly kind = 'forbidden';

  constructor(lacking: readonly RequiredAttribute[]) {
    const what = lacking.map(inWords).join(', and ');
    super(
      `The organizers ask for ${what}, and nobody vouches for that about you. Link an institution on your account page, or, with an account of another hub, let it tell this one.`,
    );
  }
}

export class ParticipantMissingError extends DomainError {
  readonly code = 'participant_not_found';
  readonly kind = 'missing';

  constructor() {
    super('There is no such participant in a competition that you organize.');
  }
}

export class FileMissingError extends DomainError {
  readonly code = 'file_not_found';
  readonly kind = 'missing';

  constructor() {
    super('There is no such file here, or you may not download it.');
  }
}

export class ParticipantsOnlyError extends DomainError {
  readonly code = 'participants_only';
  readonly kind = 'forbidden';

  constructor() {
    super('Join the competition first: its files are for participants, who have accepted the terms.');
  }
}
