import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a node keeps what it is and what it knows. One process at a time works in a home, see `lock.ts`. */
export interface Home {
  readonly root: string;
  /** Who the node is, as enrolled. */
  readonly identity: string;
  readonly key: string;
  /** The key that a renewal under way will put in the place of `key`. */
  readonly nextKey: string;
  readonly certificate: string;
  readonly authority: string;
  readonly policy: string;
  readonly datasets: string;
  readonly manifests: string;
  readonly cache: string;
  readonly runs: string;
  readonly spool: string;
  readonly ledger: string;
  /** Signs receipts and the head of the ledger; see `receipts/key.ts`. */
  readonly receiptKey: string;
  /** The key that is about to take its place; see `receipts/rotate.ts`. */
  readonly nextReceiptKey: string;
  /** Questions to the people of the site, and their answers. */
  readonly people: string;
  /** Who may open the console, and what was last decided there; see `console/`. */
  readonly console: string;
  /** There while people of the site have paused the node. */
  readonly paused: string;
  /** How many nodes the site has, as the hub has said last; see `site-nodes.ts`. */
  readonly siteNodes: string;
  readonly lock: string;
}

export function homeAt(root: string): Home {
  return {
    root,
    identity: join(root, 'node.json'),
    key: join(root, 'key.pem'),
    nextKey: join(root, 'key.next.pem'),
    certificate: join(root, 'certificate.pem'),
    authority: join(root, 'authority.pem'),
    policy: join(root, 'policy.yaml'),
    datasets: join(root, 'datasets.json'),
    manifests: join(root, 'manifests'),
    cache: join(root, 'cache'),
    runs: join(root, 'runs'),
    spool: join(root, 'spool'),
    ledger: join(root, 'ledger'),
    receiptKey: join(root, 'receipt-key.pem'),
    nextReceiptKey: join(root, 'receipt-key.next.pem'),
    people: join(root, 'people'),
    console: join(root, 'console'),
    paused: join(root, 'paused.json'),
    siteNodes: join(root, 'site-nodes.json'),
    lock: join(root, 'lock'),
  };
}

/** Makes the folders of a home, readable by its owner alone. */
export async function makeHome(home: Home): Promise<void> {
  for (const folder of [
    home.root,
    home.manifests,
    home.cache,
    home.runs,
    home.spool,
    home.ledger,
    home.console,
  ]) {
    await mkdir(folder, { recursive: true });
  }
  // Engines mount what containers may see; nobody has to reach in from outside.
  await chmod(home.root, 0o700);
}
