import type { Throughput } from './closed-loop.ts';
import type { Verified } from './protocol.ts';
import type { ReferenceName } from './references/reference.ts';

export interface DispatchFigures {
  /** By the number of runs in flight. */
  readonly throughput: ({ inFlight: number } & Summary<'hub' | 'node' | 'database'>)[];
  /** Measured in turn with the hub, on its database server. */
  readonly references: ({
    name: ReferenceName;
    inFlight: number;
    /** Runs per second for one of these per second, of measurements that follow one another: median of the repetitions, and all of them. */
    ratio: Spread;
  } & Summary<'client' | 'database'>)[];
  /** Milliseconds, at a steady rate. */
  readonly latency: { perSecond: number; toNode: Percentiles; toResult: Percentiles };
  /** Bytes of resident memory after everything. */
  readonly memory: { hub: number; node: number };
  readonly runs: Omit<Verified, 'memory'>;
}

export interface Spread {
  readonly median: number;
  readonly repetitions: number[];
}

/** Per second, and medians of the milliseconds on the processor for each. */
interface Summary<Part extends string> extends Spread {
  readonly processorMs: Throughput<Part>['processorMs'];
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

export function summarise<Part extends string>(measured: readonly Throughput<Part>[]): Summary<Part> {
  const parts = Object.keys(measured[0]!.processorMs) as Part[];
  const medianOf = (part: Part) => median(measured.map(({ processorMs }) => processorMs[part]));
  const processorMs = Object.fromEntries(parts.map((part) => [part, medianOf(part)])) as Record<Part, number>;
  return { ...spread(measured.map(({ perSecond }) => perSecond)), processorMs };
}

export function spread(values: number[]): Spread {
  return { median: median(values), repetitions: values };
}

export function medianPercentiles(samples: number[][]): Percentiles {
  return {
    p50: median(samples.map((values) => percentile(values, 0.5))),
    p99: median(samples.map((values) => percentile(values, 0.99))),
  };
}

function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function median(values: number[]): number {
  return percentile(values, 0.5);
}
