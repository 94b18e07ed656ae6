import type { z } from 'zod';
import { type Actor, requireUser } from '../../../accounts/access.ts';
import type { Database } from '../../../db/database.ts';
import type { LiveBus } from '../../../live/bus.ts';
import type { PeerIdentity } from '../../identity/service.ts';
import type { CallOptions, PeerCalls, PeerHub } from '../../peers/client.ts';
import { PeerSubmissionMissingError } from '../errors.ts';
import { changedReading } from '../wire/following.ts';
import * as store from './delivery-store.ts';
import { topicsOf } from './topics.ts';

/** Of an answer: logs are long. */
const MOST_BYTES = 16 * 1024 ** 2;

/** One call about a submission, for its owner. */
export type Ask = (hub: PeerHub, keyed: { assertion: string; key: string }) => Promise<unknown>;

interface Parts {
  readonly database: Database;
  readonly calls: PeerCalls;
  readonly identity: Pick<PeerIdentity, 'assertionFor'>;
  readonly live: LiveBus;
}

/** At home: a person's submissions to peers, each found for its owner alone, and calls to the peer about it. */
export class OwnDeliveries {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @throws PeerSubmissionMissingError */
  async find(actor: Actor, id: number): Promise<{ delivery: store.Delivery; hub: string }> {
    const { id: userId } = requireUser(actor);
    const [own] = await store.listDeliveries(this.#parts.database.queries, { userId, id, limit: 1 });
    if (!own) throw new PeerSubmissionMissingError();
    return own;
  }

  /** For its owner, at the peer. @throws PeerCallError | ConsentMissingError */
  async call<Answer extends z.ZodType>(
    { key, peerId, userId }: store.Delivery,
    answer: Answer,
    ask: Ask,
    options: CallOptions = {},
  ): Promise<z.output<Answer>> {
    const { identity, calls } = this.#parts;
    const assertion = await identity.assertionFor({ id: userId }, peerId, 'submit');
    return calls.client(peerId).call(answer, (hub) => ask(hub, { assertion, key }), {
      maxBytes: MOST_BYTES,
      ...options,
      scope: 'submit',
    });
  }

  /** One change of it at the peer; what the peer then says of it is what is known here. @throws what `call` throws */
  async change(delivery: store.Delivery, make: Ask): Promise<void> {
    const { database, live } = this.#parts;
    const { id } = delivery;
    const askedAt = new Date();
    const { submission: view } = await this.call(delivery, changedReading, make);
    const noted = view && (await store.noteSeen(database.queries, id, { view, digest: null, askedAt }));
    if (noted) live.announce(topicsOf(noted));
  }
}
