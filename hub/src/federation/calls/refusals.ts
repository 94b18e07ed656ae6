import { DomainError, type DomainErrorKind } from '../../http/domain-error.ts';

/** Why a call of a peer is not taken, in the order in which it is looked at. Closed: peers compare them. */
export const REFUSALS = {
  method_wrong: 'forbidden',
  token_missing: 'unauthenticated',
  token_unreadable: 'unauthenticated',
  protocol_unsupported: 'invalid',
  peer_unknown: 'unauthenticated',
  peer_blocked: 'forbidden',
  peer_revoked: 'forbidden',
  identity_changed: 'forbidden',
  key_unknown: 'unauthenticated',
  key_retired: 'unauthenticated',
  signature_invalid: 'unauthenticated',
  audience_wrong: 'unauthenticated',
  procedure_wrong: 'unauthenticated',
  body_differs: 'unauthenticated',
  life_too_long: 'unauthenticated',
  clock_skewed: 'unauthenticated',
  token_replayed: 'unauthenticated',
  rate_exceeded: 'too_many',
  peer_paused: 'forbidden',
  peer_not_confirmed: 'forbidden',
  scope_missing: 'forbidden',
} as const satisfies Record<string, DomainErrorKind>;

export type Refusal = keyof typeof REFUSALS;

/** A call of another hub that is not taken. */
export class CallRefusedError extends DomainError {
  readonly code: Refusal;
  readonly kind: DomainErrorKind;

  constructor(code: Refusal, detail: string) {
    super(detail);
    this.code = code;
    this.kind = REFUSALS[code];
  }
}
