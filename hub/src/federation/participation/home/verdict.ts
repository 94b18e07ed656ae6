import { DomainError } from '../../../http/domain-error.ts';
import { REFUSALS } from '../../calls/refusals.ts';
import { ConsentMissingError } from '../../identity/errors.ts';
import { PeerCallError } from '../../peers/errors.ts';

/** What becomes of a delivery that did not get through. */
export interface Verdict {
  /** The peer, or the person's own hub, has decided: there is no use in trying again by itself. */
  readonly isFinal: boolean;
  readonly problem: string;
  /** For the person; a peer's words are bounded, without control characters, and nothing but text. */
  readonly detail: string;
}

/** Refusals of features of the peer that time heals. */
const PASSING: readonly string[] = [
  'unknown',
  'internal',
  'internal_server_error',
  'assertion_expired',
  'assertion_replayed',
  'assertion_key_unknown',
  'grant_unknown',
  'entry_unknown',
  'entry_incomplete',
  'digest_differs',
];

export function verdictOn(error: unknown): Verdict {
  if (error instanceof PeerCallError) {
    const { code, refusal, detail } = error;
    const isFinal =
      code === 'peer_refused' && refusal !== null && !(refusal in REFUSALS) && !PASSING.includes(refusal);
    return { isFinal, problem: refusal ?? code, detail };
  }
  if (error instanceof ConsentMissingError)
    return { isFinal: true, problem: error.code, detail: error.message };
  if (error instanceof DomainError) return { isFinal: false, problem: error.code, detail: error.message };
  return { isFinal: false, problem: 'internal', detail: 'Something went wrong in this hub.' };
}
