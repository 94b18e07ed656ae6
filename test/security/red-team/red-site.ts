import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatasetRegistry } from '@weir/node/data/registry';
import { homeAt } from '@weir/node/home/home';
import { readEntries } from '@weir/node/ledger/read';
import type { TestNetwork } from '../../harness/test-network.ts';
import type { TestNode } from '../../harness/test-node.ts';
import { MARK, OPENED_MARK, REFERENCE_MARK, SECRETS } from './attacks.ts';

export const BUCKET_MS = 1000;

/** Lets the programs of everybody near the data, and out of the node what a strict site lets out; without people, who would be in the way here. */
const POLICY = `version: 1
hubs: any
competitions: any
submitters: any
images: any
programs: any
resources: { memory: 64GiB, cpus: 64, step_seconds: 3600, disk: 256GiB }
datasets:
  ward: { competitions: any, submitters: any }
  opened:
    competitions: any
    submitters: any
    egress:
      scores: { decimals: any, min_cases: 0, require_range: false }
      logs: scrubbed
      log_bytes: 65536
      reports: yes
      report_bytes: 65536
  text: { competitions: any, submitters: any, egress: { logs: scrubbed, log_bytes: 256, reports: yes, report_bytes: 64 } }
egress:
  hub_data: { logs: full, reports: yes, outputs: yes }
  site_data:
    scores: { decimals: 3, min_cases: 10, require_range: true }
    logs: codes
    review: { scores: never, logs: never }
    timing: { bucket: ${BUCKET_MS / 1000}s }
    budget: { per_submitter_bits: unlimited, per_dataset_bits: unlimited }
...
`;

/** A real node beside data in which secrets are hidden: ward@SECRET, text@SECRET, of which text may leave, and opened@SECRET, of which everything may. */
export class RedSite implements AsyncDisposable {
  readonly node: TestNode;
  readonly #data: string;

  private constructor(node: TestNode, data: string) {
    this.node = node;
    this.#data = data;
  }

  static async open(network: TestNetwork): Promise<RedSite> {
    const data = await mkdtemp(join(tmpdir(), 'weir-red-team-'));
    await chmod(data, 0o755);
    const node = await network.addNode({
      site: 'north',
      engine: 'bubblewrap',
      slots: 6,
      policy: POLICY,
      servesDefaultQueue: false,
      sharesScores: true,
      run: false,
    });
    const site = new RedSite(node, data);
    for (const name of ['ward', 'text', 'opened'])
      for (const secret of SECRETS) await site.#register(name, secret);
    await node.run();
    return site;
  }

  /** Bits that the ledger charged for each run, by its number at the hub. */
  async charges(): Promise<ReadonlyMap<number, number>> {
    const charged = new Map<number, number>();
    for await (const { event } of readEntries(homeAt(this.node.home).ledger, { kinds: ['release'] })) {
      if (event.kind !== 'release') continue;
      charged.set(Number(event.run), (charged.get(Number(event.run)) ?? 0) + event.bits);
    }
    return charged;
  }

  async #register(name: string, secret: string): Promise<void> {
    await new DatasetRegistry(homeAt(this.node.home)).add({
      name,
      version: secret,
      input: await this.#folder(join(name, secret, 'input'), secret, name === 'opened' ? OPENED_MARK : MARK),
      reference: await this.#folder(
        join(name, secret, 'reference'),
        secret,
        name === 'opened' ? OPENED_MARK : REFERENCE_MARK,
      ),
      counts: { cases: 40 },
      synthetic: null,
    });
  }

  async #folder(place: string, secret: string, mark: string): Promise<string> {
    const folder = join(this.#data, place);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'secret.txt'), secret);
    await writeFile(join(folder, 'mark.txt'), mark);
    return folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#data, { recursive: true });
  }
}
