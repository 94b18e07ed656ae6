import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Whose a submission is, and where it goes. */
export interface Delivered {
  readonly userId: number;
  /** Fingerprint of the peer's oldest key. */
  readonly peerRootId: string;
}

/**
 * Names of submissions to peers, as UUIDs of version 8: 60 random bits, and 62 that this hub's secret makes of them, the person and the peer. So a hub that has
 * lost its record of a submission knows the name again as its own, for that person and that peer; nobody else can make one.
 */
export class DeliveryKeys {
  readonly #secret: Buffer;

  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  make(delivered: Delivered): string {
    const first = randomBytes(8);
    first[6] = (first[6]! & 0x0f) | 0x80;
    return toUuid(Buffer.concat([first, this.#proof(first, delivered)]));
  }

  isOurs(key: string, delivered: Delivered): boolean {
    const bytes = Buffer.from(key.replaceAll('-', ''), 'hex');
    if (bytes.length !== 16) return false;
    return timingSafeEqual(bytes.subarray(8), this.#proof(bytes.subarray(0, 8), delivered));
  }

  #proof(first: Buffer, { userId, peerRootId }: Delivered): Buffer {
    const proof = createHmac('sha256', this.#secret)
      .update(first)
      .update(`${peerRootId} ${userId}`)
      .digest()
      .subarray(0, 8);
    proof[0] = (proof[0]! & 0x3f) | 0x80;
    return proof;
  }
}

function toUuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
