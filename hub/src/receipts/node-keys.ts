import { keyIdOf, toBase64 } from '@weir/proto/receipt';
import type { Logger } from 'pino';
import type { Database } from '../db/database.ts';
import type { ChainKey } from '../keys/chain.ts';
import { toPublicKey } from '../keys/ed25519.ts';
import type { KnownNode } from '../sites/service.ts';
import type { SigningKey } from './check.ts';
import { ReceiptKeyRefusedError } from './errors.ts';
import { type Announcement, type Step, stepsTo } from './follow-keys.ts';
import { findNodeKeys, findSite, type NodeKeyRow, replaceNodeKey, upsertNodeKey } from './store.ts';

export type { Announcement };

/** A node whose key changes so often has lost control of its disk or of itself. */
const MOST_KEYS = 200;
/** Nodes of which this process remembers the keys. */
const MOST_NODES = 20_000;

/** Where somebody signs receipts. */
export interface SigningSite {
  /** As the site's own hub calls it. */
  readonly siteName: string;
  /** Keys of that hub, which signs too; null for a site of this one. */
  readonly hubKeys: readonly ChainKey[] | null;
}

interface SigningNode extends SigningSite {
  readonly keys: ReadonlyMap<string, Omit<SigningKey, keyof SigningSite>>;
}

/** What has to be known of a node to believe that a key is its own. */
export type KeyHolder = Pick<KnownNode, 'id' | 'siteName' | 'certificatesFrom'>;

/**
 * Which keys are which node's, as they have shown them over their own certificates. None is ever forgotten: what a key signed before it was
 * replaced is checked with it for ever.
 */
export class NodeKeys {
  readonly #database: Database;
  readonly #log: Logger;
  readonly #known = new Map<string, SigningNode>();

  constructor(database: Database, log: Logger) {
    this.#database = database;
    this.#log = log;
  }

  /**
   * Notes the key that a node says it signs with. An empty one is none; one that is no key is not noted.
   *
   *   first key of the node                                          taken
   *   the key in use                                                 seen again
   *   another key, announced by the one in use (in several steps)    taken; those before it stay on record with their end
   *   any key, once the node has enrolled again since                taken: whoever looks after the site has vouched for it
   *   anything else                                                  refused
   */
  async learn(
    { id: nodeId, certificatesFrom }: KeyHolder,
    publicKey: Uint8Array,
    announcements: readonly Announcement[] = [],
  ): Promise<void> {
    if (publicKey.length === 0) return;
    if (!toPublicKey(publicKey)) {
      this.#log.warn({ node: nodeId }, 'a node shows something that is no key for receipts');
      return;
    }
    const known = await findNodeKeys(this.#database.queries, nodeId);
    const shown = { nodeId, keyId: keyIdOf(publicKey), publicKey: toBase64(publicKey) };
    const inUse = known.filter(({ replacedAt }) => !replacedAt);
    if (known.length === 0 || inUse.some(({ keyId }) => keyId === shown.keyId)) {
      await upsertNodeKey(this.#database.queries, shown);
    } else {
      const steps = stepsTo(publicKey, { nodeId, known }, announcements.slice(-MOST_KEYS));
      if (steps && known.length + steps.length <= MOST_KEYS) await this.#take(nodeId, steps);
      else if (certificatesFrom && inUse.every(({ lastSeenAt }) => lastSeenAt < certificatesFrom))
        await this.#takeAnew(shown, inUse, certificatesFrom);
      else throw new ReceiptKeyRefusedError(shown.keyId, problemOf(shown.keyId, known, steps));
      this.#log.warn(
        { node: nodeId, key: shown.keyId },
        'a node signs receipts with another key than before',
      );
    }
    this.#known.delete(nodeId);
  }

  /**
   * Notes a key of a node at a site of a peer: whose it is, that hub says with its signature beside the node's. There may be many nodes behind one stand-in.
   */
  async learnVouched(nodeId: string, publicKey: Uint8Array): Promise<void> {
    const { queries } = this.#database;
    const [site, known] = await Promise.all([findSite(queries, nodeId), findNodeKeys(queries, nodeId)]);
    if (!site?.hubKeys || !toPublicKey(publicKey)) return;
    const keyId = keyIdOf(publicKey);
    if (known.length >= MOST_KEYS && !known.some((key) => key.keyId === keyId)) {
      this.#log.error({ node: nodeId, key: keyId }, 'a peer shows ever new keys of a site: not taken');
      return;
    }
    await upsertNodeKey(queries, { nodeId, keyId, publicKey: toBase64(publicKey) });
  }

  async #take(nodeId: string, steps: readonly Step[]): Promise<void> {
    await this.#database.transaction(async ({ queries }) => {
      for (const { from, to, at, signature } of steps) {
        await upsertNodeKey(queries, {
          nodeId,
          keyId: keyIdOf(to),
          publicKey: toBase64(to),
          announcedBy: from,
          announcement: toBase64(signature),
        });
        await replaceNodeKey(queries, nodeId, from, at);
      }
    });
  }

  async #takeAnew(
    shown: { nodeId: string; keyId: string; publicKey: string },
    inUse: readonly NodeKeyRow[],
    from: Date,
  ): Promise<void> {
    await this.#database.transaction(async ({ queries }) => {
      for (const { keyId } of inUse) await replaceNodeKey(queries, shown.nodeId, keyId, from);
      await upsertNodeKey(queries, shown);
    });
  }

  /** Whose key it is, and its site; null when the node has never shown it. */
  async find(nodeId: string, keyId: string): Promise<SigningKey | null> {
    const remembered = this.#known.get(nodeId);
    // Another process may have learned it since.
    // A peer may have new keys of its own at any time.
    const isCurrent = remembered?.hubKeys === null && remembered.keys.has(keyId);
    const node = isCurrent ? remembered : await this.#read(nodeId);
    const key = node?.keys.get(keyId);
    return node && key ? { siteName: node.siteName, hubKeys: node.hubKeys, ...key } : null;
  }

  async #read(nodeId: string): Promise<SigningNode | null> {
    const { queries } = this.#database;
    const [site, rows] = await Promise.all([findSite(queries, nodeId), findNodeKeys(queries, nodeId)]);
    if (!site) return null;
    const keys = new Map(
      rows.flatMap(({ keyId, publicKey, replacedAt }) => {
        const key = toPublicKey(Buffer.from(publicKey, 'base64'));
        return key ? [[keyId, { key, replacedAt }] as const] : [];
      }),
    );
    const node = { siteName: site.name, hubKeys: site.hubKeys, keys };
    this.#known.set(nodeId, node);
    if (this.#known.size > MOST_NODES)
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    return node;
  }
}

function problemOf(keyId: string, known: readonly NodeKeyRow[], steps: readonly Step[] | null): string {
  if (steps) return `is one of more than ${MOST_KEYS} that it has shown`;
  const former = known.find((key) => key.keyId === keyId);
  return former
    ? `was replaced on ${former.replacedAt?.toISOString()}`
    : 'is not the one that the hub knows, nor announced by it';
}
