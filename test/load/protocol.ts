/** What the benchmark asks of its hub process, and what that answers. */
export type Command =
  | { readonly kind: 'throughput'; readonly inFlight: number; readonly seconds: number }
  | { readonly kind: 'latency'; readonly perSecond: number; readonly seconds: number }
  | { readonly kind: 'verify' }
  | { readonly kind: 'stop' };

export type Reply =
  | { readonly kind: 'ready'; readonly url: string; readonly token: string }
  | { readonly kind: 'measured'; readonly value: Measured };

export type Measured =
  | number
  | { readonly toNode: number[]; readonly toResult: number[] }
  | {
      readonly submissions: number;
      readonly finished: number;
      readonly onBoard: number;
      readonly memory: number;
    };
