import type { MessageInitShape } from '@bufbuild/protobuf';
import { ed25519 } from '@noble/curves/ed25519.js';
import type { AssignmentSchema } from '../gen/weir/node/v1/link_pb.js';
import { assignedBy } from './assigned.ts';
import { keyIdOf, PAYLOAD_TYPE, preAuthEncoding, sealEnvelope } from './envelope.ts';
import { encodeStatement, type Predicate, toStatement } from './statement.ts';
import { successionBytes } from './succession.ts';

/** A node's receipts for tests, made without a node. */
export interface TestSigner {
  /** Raw, for Hello. */
  readonly publicKey: Uint8Array;
  readonly keyId: string;
  /** The receipt of an outcome with these scores, as it is sent. `changes` replaces members of what an honest node says. */
  receipt(
    assignment: MessageInitShape<typeof AssignmentSchema>,
    scores: Readonly<Record<string, number>>,
    changes?: Partial<Predicate>,
  ): Uint8Array<ArrayBuffer>;
  /** Announces that another key comes after this one. */
  announce(next: TestSigner, at: Date): { from: Uint8Array; to: Uint8Array; at: Date; signature: Uint8Array };
}

export interface TestSignerOptions {
  readonly nodeId: string;
  readonly site: string;
  readonly hub: string;
  /** 32 bytes; another key for each test that needs one. */
  readonly secretKey?: Uint8Array;
}

export function testSigner({ nodeId, site, hub, secretKey }: TestSignerOptions): TestSigner {
  const secret = secretKey ?? ed25519.utils.randomSecretKey();
  const publicKey = ed25519.getPublicKey(secret);
  const keyId = keyIdOf(publicKey);
  return {
    publicKey,
    keyId,
    announce(next, at) {
      const succession = { node: nodeId, from: publicKey, to: next.publicKey, at: at.toISOString() };
      return { ...succession, at, signature: ed25519.sign(successionBytes(succession), secret) };
    },
    receipt(assignment, scores, changes = {}) {
      const payload = encodeStatement(
        toStatement({
          assigned: assignedBy(assignment, hub),
          site,
          node: { id: nodeId, name: 'test', key: keyId },
          imageDigest: null,
          datasetDigest: null,
          policy: null,
          scores,
          startedAt: new Date(0).toISOString(),
          finishedAt: new Date(0).toISOString(),
          software: 'test',
          ...changes,
        }),
      );
      const signature = ed25519.sign(preAuthEncoding(PAYLOAD_TYPE, payload), secret);
      return new TextEncoder().encode(JSON.stringify(sealEnvelope(payload, [{ keyId, signature }])));
    },
  };
}
