/** What the benchmark asks of its hub process, and what that answers. */
export type Command =
  | {
      readonly kind: 'throughput';
      readonly inFlight: number;
      readonly seconds: number;
      readonly nodePid: number;
    }
  | { readonly kind: 'latency'; readonly perSecond: number; readonly seconds: number }
  | { readonly kind: 'verify' }
  | { readonly kind: 'stop' };

export type Reply =
  | { readonly kind: 'ready'; readonly url: string; readonly token: string }
  | { readonly kind: 'measured'; readonly value: Measured };

export interface Throughput {
  readonly runsPerSecond: number;
  /** Milliseconds on the processor for each run: unlike the rate, hardly touched by what else the machine does. */
  readonly processorMs: { readonly hub: number; readonly node: number; readonly database: number };
}

export type Measured =
  | Throughput
  | { readonly toNode: number[]; readonly toResult: number[] }
  | {
      readonly submissions: number;
      readonly finished: number;
      readonly onBoard: number;
      readonly memory: number;
    };
