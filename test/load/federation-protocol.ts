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
  /** A person agrees that the peer is told who they are. */
  | { readonly kind: 'agree'; readonly username: string }
  /** Makes a submission, and waits until its result is to be seen. */
  | ({ readonly kind: 'submit' } & Submitting)
  | { readonly kind: 'stop' };

export interface Submitting {
  readonly username: string;
  readonly phaseId: number;
  /** Of another hub; null for a phase of the person's own. */
  readonly at: { readonly hub: string; readonly id: number } | null;
}

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
  /** `enteredMs`: until the peer had it; null for a submission to the own hub. */
  | { readonly kind: 'submitted'; readonly milliseconds: number; readonly enteredMs: number | null }
  | { readonly kind: 'failed'; readonly message: string };

export function spreadOf(times: number[]): Spread {
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}
