import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type AttemptRef, type Hello, HelloSchema, type NodeStatus } from '@weir/proto/node/v1';
import { PROTOCOL_VERSION } from '@weir/proto/version';
import { SOFTWARE_VERSION } from '../config/version.ts';
import type { SiteDataset } from '../data/registry.ts';
import type { Succession } from '../ledger/successions.ts';

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
  /** How the node came to it, oldest first. */
  readonly successions: readonly Succession[];
}

/** A hub that is so far behind knows the node no more. */
const MOST_SUCCESSIONS = 50;

export function makeHello(parts: HelloParts): Hello {
  const { engine, slots, gpus, datasets, held, status, receiptKey, successions } = parts;
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
    receiptKeySuccessions: successions.slice(-MOST_SUCCESSIONS).map(({ from, to, at, signature }) => ({
      from,
      to,
      at: timestampFromDate(new Date(at)),
      signature,
    })),
  });
}
