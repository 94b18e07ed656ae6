import type { Readable } from 'node:stream';
import type { ReservedBits } from '../egress/budgets.ts';
import type { LedgerEntry, LedgerEvent } from '../ledger/ledger.ts';
import type { EntryFilter } from '../ledger/read.ts';
import type { Decision, PolicyRequest } from '../policy/decide.ts';
import type { PolicyProblem } from '../policy/errors.ts';
import type { Policy } from '../policy/schema.ts';

/** What the console shows, and all that it knows of the node. Nothing here changes anything. */
export interface ConsoleView {
  overview(): Promise<Overview>;
  /** Runs that the node holds, oldest first. */
  currentRuns(): readonly CurrentRun[];
  readonly ledger: {
    entries(filter?: EntryFilter): AsyncIterable<LedgerEntry>;
    readonly head: { readonly sequence: number; readonly hash: string };
    /** Reads the whole ledger anew, and names what this node has not written. */
    verify(): Promise<readonly string[]>;
  };
  datasets(): Promise<readonly DatasetView[]>;
  /** What budgets have put aside for runs that are under way. */
  reservedBits(): readonly ReservedBits[];
  policy(): Promise<PolicyView>;
  /** What the policy in force would say to a run now. */
  decide(request: PolicyRequest): Promise<Decision>;
  /** The site's own test cases for its policy; null when it has none. */
  testPolicy(): Promise<readonly PolicyTestResult[] | null>;
}

/** What people do to the node from the console. Each is in the ledger, with the person's name, before it returns. */
export interface ConsoleActions {
  pause(by: string): Promise<void>;
  resume(by: string): Promise<void>;
  /** Finishes the runs at work, then ends the process. Returns at once. */
  drain(by: string): Promise<void>;
  /** Reads every file of a dataset; a problem in words, or null when all is as registered. */
  checkDataset(name: string, version: string): Promise<string | null>;
  /** Somebody takes a copy of the whole ledger, with a signed head at its end. Recorded before the first byte is given out. */
  exportLedger(by: string): Promise<Readable>;
}

export interface Overview {
  readonly node: string;
  readonly site: string;
  readonly hub: string;
  readonly hubUrl: string;
  readonly softwareVersion: string;
  readonly engine: string;
  readonly isConnected: boolean;
  readonly activity: 'working' | 'paused' | 'draining';
  readonly slots: number;
  readonly occupied: number;
  /** Outcomes that the hub has not acknowledged. */
  readonly unreported: number;
  readonly disk: {
    readonly freeBytes: number;
    readonly totalBytes: number;
    readonly minFreeBytes: number;
    /** For runs together, as measured when the node started; infinite for an engine that writes nothing. */
    readonly roomBytes: number;
  };
  readonly certificateEndsAt: Date;
}

export interface CurrentRun {
  readonly run: string;
  readonly attempt: number;
  readonly competition: { readonly id: string; readonly title: string };
  readonly submitter: string;
  readonly dataset: string | null;
  readonly isRehearsal: boolean;
  /** In words. */
  readonly state: string;
  /** What it waits for, in words; null when it works. */
  readonly waitsFor: string | null;
  readonly waitsUntil: Date | null;
  readonly since: Date;
}

export interface DatasetView {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly input: string | null;
  readonly reference: string | null;
  /** What rehearsals see in their place; null for none. */
  readonly synthetic: { readonly input: string | null; readonly reference: string | null } | null;
  readonly counts: Readonly<Record<string, number>>;
  /** The last check that somebody asked for here, since the node was started. */
  readonly lastCheck: { readonly at: Date; readonly problem: string | null } | null;
}

export interface PolicyView {
  readonly path: string;
  /** Null when there is no file. */
  readonly text: string | null;
  readonly digest: string | null;
  /** Null when the file cannot be read as a policy; then no run is permitted. */
  readonly policy: Policy | null;
  readonly problems: readonly PolicyProblem[];
  /** What the steward hardly means. */
  readonly advice: readonly PolicyProblem[];
  /** How many nodes the hub says that the site has. */
  readonly nodesOfSite: number;
}

export interface PolicyTestResult {
  readonly name: string;
  readonly passed: boolean;
  /** What was expected and what was decided. */
  readonly detail: string;
}

export type EventOf<Kind extends LedgerEvent['kind']> = Extract<LedgerEvent, { kind: Kind }>;
