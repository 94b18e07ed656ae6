import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';
import type { Assignment } from '@weir/proto/node/v1';
import {
  type Envelope,
  encodeStatement,
  keyIdOf,
  PAYLOAD_TYPE,
  preAuthEncoding,
  toStatement,
} from '@weir/proto/receipt';
import { assignedBy } from '@weir/proto/receipt/assigned';
import { SOFTWARE_VERSION } from '../config/version.ts';
import type { Identity } from '../home/identity.ts';
import type { ReceiptKey } from './key.ts';

/** What a receipt says that the assignment does not, all of it as it leaves the site. */
export interface Evaluated {
  readonly scores: Readonly<Record<string, number>>;
  /** sha256:<hex> of the image that the containers ran, empty without one. */
  readonly imageDigest: string;
  /** sha256:<hex> of the site dataset that was used; null when there was none. */
  readonly datasetDigest: string | null;
  /** sha256:<hex> of the policy that permitted the release. */
  readonly policyDigest: string | null;
  readonly startedAt: Timestamp;
  readonly finishedAt: Timestamp;
}

/** Signs what a node says of its runs. */
export class ReceiptSigner {
  readonly #key: ReceiptKey;
  readonly #keyId: string;
  readonly #identity: Pick<Identity, 'hub' | 'site' | 'nodeId' | 'name'>;

  constructor(key: ReceiptKey, identity: Pick<Identity, 'hub' | 'site' | 'nodeId' | 'name'>) {
    this.#key = key;
    this.#keyId = keyIdOf(key.publicKey);
    this.#identity = identity;
  }

  /** The envelope for `Outcome.receipt`. The same evaluation gives the same bytes: a signature has no room for anything else. */
  sign(assignment: Assignment, evaluated: Evaluated): Uint8Array<ArrayBuffer> {
    const { hub, site, nodeId, name } = this.#identity;
    const payload = encodeStatement(
      toStatement({
        assigned: assignedBy(assignment, hub),
        site,
        node: { id: nodeId, name, key: this.#keyId },
        imageDigest: evaluated.imageDigest || null,
        datasetDigest: evaluated.datasetDigest,
        policy: evaluated.policyDigest,
        scores: evaluated.scores,
        startedAt: timestampDate(evaluated.startedAt).toISOString(),
        finishedAt: timestampDate(evaluated.finishedAt).toISOString(),
        software: SOFTWARE_VERSION,
      }),
    );
    const signature = this.#key.sign(preAuthEncoding(PAYLOAD_TYPE, payload));
    const envelope: Envelope = {
      payloadType: PAYLOAD_TYPE,
      payload: Buffer.from(payload).toString('base64'),
      signatures: [{ keyid: this.#keyId, sig: signature.toString('base64') }],
    };
    return new TextEncoder().encode(JSON.stringify(envelope));
  }
}
