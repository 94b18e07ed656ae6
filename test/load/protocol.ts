import type { Throughput } from './closed-loop.ts';
import type { ReferenceName } from './references/reference.ts';

/** What the benchmark asks of its hub process, and what that answers. */
export type HubCommand =
  | {
      readonly kind: 'throughput';
      readonly inFlight: number;
      readonly seconds: number;
      readonly nodePid: number;
    }
  | { readonly kind: 'latency'; readonly perSecond: number; readonly seconds: number }
  | { readonly kind: 'verify' }
  | { readonly kind: 'stop' };

export type HubAnswer =
  | {
      readonly kind: 'ready';
      readonly url: string;
      readonly token: string;
      readonly databaseUrl: string;
      /** The process of the database server that the hub runs, to be ended with it. */
      readonly databasePid: number;
    }
  | { readonly kind: 'throughput'; readonly value: HubThroughput }
  | { readonly kind: 'latency'; readonly value: Latencies }
  | { readonly kind: 'verified'; readonly value: Verified };

export type HubThroughput = Throughput<'hub' | 'node' | 'database'>;

/** Milliseconds. */
export interface Latencies {
  readonly toNode: number[];
  readonly toResult: number[];
}

export interface Verified {
  readonly submissions: number;
  readonly finished: number;
  readonly onBoard: number;
  readonly memory: number;
}

/** What it asks of the process that runs the references. */
export type ReferenceCommand =
  | {
      readonly kind: 'measure';
      readonly name: ReferenceName;
      readonly inFlight: number;
      readonly seconds: number;
    }
  | { readonly kind: 'stop' };

export type ReferenceAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'measured'; readonly value: ReferenceThroughput };

export type ReferenceThroughput = Throughput<'client' | 'database'>;
