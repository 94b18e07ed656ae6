import type { KeyObject } from 'node:crypto';
import { keyIdOf } from '@weir/proto/receipt';
import type { Logger } from 'pino';
import type { Database } from '../db/database.ts';
import { toPublicKey } from '../keys/ed25519.ts';
import type { KnownNode } from '../sites/service.ts';
import { findNodeKeys, findSiteName, upsertNodeKey } from './store.ts';

/** A node whose key changes so often has lost control of its disk or of itself. */
const MOST_KEYS = 32;
/** Nodes of which this process remembers the keys. */
const MOST_NODES = 20_000;

export interface SigningNode {
  readonly siteName: string;
  readonly keys: ReadonlyMap<string, KeyObject>;
}

/** Which keys are which node's, as they have shown them over their own certificates. Keys are only ever added. */
export class NodeKeys {
  readonly #database: Database;
  readonly #log: Logger;
  readonly #known = new Map<string, SigningNode>();

  constructor(database: Database, log: Logger) {
    this.#database = database;
    this.#log = log;
  }

  /** Notes the key that a node says it signs with. An empty one is none; one that is no key is not noted. */
  async learn(node: Pick<KnownNode, 'id' | 'siteName'>, publicKey: Uint8Array): Promise<void> {
    const { queries } = this.#database;
    if (publicKey.length === 0) return;
    if (!toPublicKey(publicKey)) {
      this.#log.warn({ node: node.id }, 'a node shows something that is no key for receipts');
      return;
    }
    const keyId = keyIdOf(publicKey);
    const before = await findNodeKeys(queries, node.id);
    const isNew = !before.some((key) => key.keyId === keyId);
    if (isNew && before.length >= MOST_KEYS) {
      this.#log.error({ node: node.id, key: keyId }, 'a node shows ever new keys for receipts: not taken');
      return;
    }
    if (isNew && before.length > 0) {
      this.#log.warn({ node: node.id, key: keyId }, 'a node signs receipts with another key than before');
    }
    await upsertNodeKey(queries, {
      nodeId: node.id,
      keyId,
      publicKey: Buffer.from(publicKey).toString('base64'),
    });
    this.#known.delete(node.id);
  }

  /** Whose key it is, and its site; null when the node has never shown it. */
  async find(nodeId: string, keyId: string): Promise<{ siteName: string; key: KeyObject } | null> {
    const remembered = this.#known.get(nodeId);
    // Another process may have learned it since.
    const node = remembered?.keys.has(keyId) ? remembered : await this.#read(nodeId);
    const key = node?.keys.get(keyId);
    return node && key ? { siteName: node.siteName, key } : null;
  }

  async #read(nodeId: string): Promise<SigningNode | null> {
    const { queries } = this.#database;
    const [siteName, rows] = await Promise.all([
      findSiteName(queries, nodeId),
      findNodeKeys(queries, nodeId),
    ]);
    if (siteName === null) return null;
    const keys = new Map(
      rows.flatMap(({ keyId, publicKey }): [string, KeyObject][] => {
        const key = toPublicKey(Buffer.from(publicKey, 'base64'));
        return key ? [[keyId, key]] : [];
      }),
    );
    const node = { siteName, keys };
    this.#known.set(nodeId, node);
    if (this.#known.size > MOST_NODES)
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    return node;
  }
}
