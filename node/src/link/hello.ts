import { create } from '@bufbuild/protobuf';
import { type AttemptRef, type Hello, HelloSchema, type NodeStatus } from '@weir/proto/node/v1';
import { PROTOCOL_VERSION } from '@weir/proto/version';
import { SOFTWARE_VERSION } from '../config/version.ts';
import type { SiteDataset } from '../data/registry.ts';

export interface HelloParts {
  readonly engine: { readonly kind: string; readonly version: string };
  readonly slots: number;
  /** How many a run may be given. */
  readonly gpus: number;
  readonly datasets: readonly SiteDataset[];
  readonly held: readonly AttemptRef[];
  readonly status: NodeStatus;
  /** Raw public key of receipts. */
  readonly receiptKey: Uint8Array;
}

export function makeHello({ engine, slots, gpus, datasets, held, status, receiptKey }: HelloParts): Hello {
  return create(HelloSchema, {
    protocolVersion: PROTOCOL_VERSION,
    softwareVersion: SOFTWARE_VERSION,
    engine: engine.kind,
    engineVersion: engine.version,
    slots,
    gpus,
    datasets: datasets.map(({ name, version, digest, input, reference, synthetic, counts }) => ({
      name,
      version,
      digest,
      hasInput: input !== null,
      hasReference: reference !== null,
      hasSynthetic: synthetic !== null,
      counts: Object.fromEntries(Object.entries(counts).map(([key, count]) => [key, BigInt(count)])),
    })),
    held: [...held],
    status,
    receiptKey,
  });
}
