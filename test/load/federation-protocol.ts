/** Between the benchmark of the federation and its hub processes. */
export type FederationCommand =
  /** Makes competitions, as many, each with a phase. */
  | { readonly kind: 'seed'; readonly competitions: number }
  | { readonly kind: 'publish' }
  | { readonly kind: 'invite' }
  | { readonly kind: 'accept'; readonly code: string }
  | { readonly kind: 'confirm' }
  /** Reads the peer's catalogue to its end. */
  | { readonly kind: 'replicate' }
  /** Asks for pages of the listing, one after the other. */
  | { readonly kind: 'list'; readonly requests: number; readonly search?: string }
  /** Calls the peer. */
  | { readonly kind: 'call'; readonly inFlight: number; readonly seconds: number }
  | { readonly kind: 'stop' };

export interface Spread {
  readonly p50: number;
  readonly p99: number;
}

export interface HubMemory {
  readonly now: number;
  readonly highest: number;
}

export type FederationReply =
  | { readonly kind: 'done'; readonly seconds: number; readonly memory: HubMemory; readonly count: number }
  | { readonly kind: 'invited'; readonly code: string }
  | { readonly kind: 'timed'; readonly perSecond: number; readonly milliseconds: Spread }
  | { readonly kind: 'failed'; readonly message: string };

export function spreadOf(times: number[]): Spread {
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}
