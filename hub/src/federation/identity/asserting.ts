import { createHmac } from 'node:crypto';
import { type Attribute, stillValid } from '../../accounts/attributes.ts';
import type { Database } from '../../db/database.ts';
import type { KeyRing } from '../../keys/ring.ts';
import type { PeerDirectory } from '../peers/directory.ts';
import { signAssertion } from './assertion.ts';
import { type Consent, findConsent } from './consents.ts';
import { ConsentMissingError, HomeElsewhereError } from './errors.ts';
import type { Purpose, Share } from './model.ts';
import { findPerson } from './people.ts';

/** What a home hub says about its people. */
export class Asserting {
  readonly #database: Database;
  readonly #keys: Pick<KeyRing, 'signing' | 'rootId'>;
  readonly #directory: PeerDirectory;
  readonly #subjectKey: Buffer;

  constructor(parts: {
    readonly database: Database;
    readonly keys: Pick<KeyRing, 'signing' | 'rootId'>;
    readonly directory: PeerDirectory;
    readonly subjectKey: Buffer;
  }) {
    this.#database = parts.database;
    this.#keys = parts.keys;
    this.#directory = parts.directory;
    this.#subjectKey = parts.subjectKey;
  }

  /**
   * Says to one peer who somebody is, for one purpose: for one call, within two minutes. Read anew each time: what was withdrawn is said no more.
   * @param nonce of the sign-in at the peer that it answers
   * @throws ConsentMissingError | HomeElsewhereError | PeerMissingError
   */
  async assertionFor(
    user: { readonly id: number },
    peerId: number,
    purpose: Purpose,
    { nonce }: { readonly nonce?: string } = {},
  ): Promise<string> {
    const peer = await this.#directory.get(peerId);
    const { queries } = this.#database;
    const person = await findPerson(queries, user.id);
    const consent = await findConsent(queries, user.id, peerId);
    if (!person || !consent?.purposes.includes(purpose)) throw new ConsentMissingError(peer.name, purpose);
    // Who comes from elsewhere is vouched for there.
    if (person.username.includes('@')) throw new HomeElsewhereError();
    return signAssertion(this.#keys, {
      aud: peer.rootId,
      sub: this.subjectOf(user.id, consent, peer.rootId),
      pur: purpose,
      usr: person.username,
      dsp: consent.shares.includes('display_name') ? person.displayName.slice(0, 100) : '',
      att: shared(person.attributes, consent.shares),
      con: { purposes: consent.purposes, givenAt: consent.givenAt.toISOString() },
      ...(nonce !== undefined && { non: nonce }),
    });
  }

  subjectOf(userId: number, { subjectKind }: Pick<Consent, 'subjectKind'>, peerRootId: string): string {
    const toWhom = subjectKind === 'public' ? 'public' : peerRootId;
    return createHmac('sha256', this.#subjectKey).update(`${toWhom} ${userId}`).digest('base64url');
  }
}

const SHARED_AS = {
  display_name: () => false,
  email_domain: (name: string) => name === 'email_domain',
  affiliation: (name: string) => name === 'affiliation',
  orcid: (name: string) => name === 'orcid',
  visas: (name: string) => name.startsWith('visa:'),
} satisfies Record<Share, (name: string) => boolean>;

function shared(attributes: readonly Attribute[], shares: readonly Share[]): Attribute[] {
  return stillValid(attributes).filter(({ name }) => shares.some((share) => SHARED_AS[share](name)));
}
