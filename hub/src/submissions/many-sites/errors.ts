import { DomainError } from '../../http/domain-error.ts';

/** No combined score could ever come of it, so the submission is not taken in the first place. */
export class TooFewSitesError extends DomainError {
  readonly code = 'too_few_sites';
  readonly kind = 'unavailable';

  constructor(dataset: string, holding: number, needed: number) {
    super(
      `This task needs scores of ${needed} sites, and ${holding === 1 ? 'only one of them holds' : `only ${holding} of them hold`} the dataset ${dataset} at present. Try again later, or ask the organizers.`,
    );
  }
}
