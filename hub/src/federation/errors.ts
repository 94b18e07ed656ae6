import { DomainError } from '../http/domain-error.ts';

export type HubDocumentProblem = 'unreadable' | 'chain_broken' | 'signature_invalid' | 'not_fresh';

/** What a hub shows of itself does not hold. */
export class HubDocumentError extends DomainError {
  readonly code = 'hub_document_invalid';
  readonly kind = 'unavailable';
  readonly problem: HubDocumentProblem;

  constructor(problem: HubDocumentProblem, detail: string) {
    super(`what that hub says of itself at /.well-known/weir/hub.json does not hold: ${detail}`);
    this.problem = problem;
  }
}
