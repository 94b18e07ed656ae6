import { create, equals } from '@bufbuild/protobuf';
import { type NodeStatus, NodeStatusSchema } from '@weir/proto/node/v1';
import type { Activity } from './activity.ts';

const LOOK_MS = 2_000;

export interface StatusWatchOptions {
  readonly activity: Pick<Activity, 'state'>;
  /** sha256:<hex> of the policy in force, null when none can be read. */
  policyDigest(): Promise<string | null>;
  /** Runs that wait for a person. */
  awaitingPeople(): number;
  /** Tells the hub; false when it cannot be told now. */
  send(status: NodeStatus): boolean;
}

/** Keeps the hub told what the people of the site have decided about the node: at once what they do in it, and soon what they do to its files. */
export class StatusWatch implements Disposable {
  readonly #options: StatusWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #digest = '';
  #told: NodeStatus | null = null;

  private constructor(options: StatusWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#look(), LOOK_MS).unref();
  }

  static async start(options: StatusWatchOptions): Promise<StatusWatch> {
    const watch = new StatusWatch(options);
    await watch.#readDigest();
    return watch;
  }

  /** For a hello. */
  current(): NodeStatus {
    this.#told = this.#now();
    return this.#told;
  }

  /** Something may have changed, or the hub can be told again: a change between a hello and its welcome reaches nobody. */
  changed(): void {
    const now = this.#now();
    if (this.#told !== null && equals(NodeStatusSchema, this.#told, now)) return;
    if (this.#options.send(now)) this.#told = now;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #now(): NodeStatus {
    const { activity, awaitingPeople } = this.#options;
    return create(NodeStatusSchema, {
      paused: activity.state === 'paused',
      draining: activity.state === 'draining',
      policyDigest: this.#digest,
      awaitingPeople: awaitingPeople(),
    });
  }

  async #look(): Promise<void> {
    await this.#readDigest();
    this.changed();
  }

  async #readDigest(): Promise<void> {
    // Reading it again does not fail: what cannot be read is no policy.
    this.#digest = (await this.#options.policyDigest()) ?? '';
  }
}
