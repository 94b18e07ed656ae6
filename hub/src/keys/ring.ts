import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { keyIdOf, type PublishedKey } from '@weir/proto/receipt';
import { desc, eq, sql } from 'drizzle-orm';
import type { Database, Queries } from '../db/database.ts';
import { seal, unseal } from '../sites/sealed.ts';
import { type ChainKey, LONGEST_CHAIN, linkBytes } from './chain.ts';
import { rawPublicKey } from './ed25519.ts';
import { KeyMissingError, NewestKeyError, TooManyKeysError } from './errors.ts';
import { signingKeys } from './schema.ts';

const signWith = promisify<null, Uint8Array, KeyObject, Buffer>(sign);
/** A process may sign with the key before for so long after a rotation, so that key stays good a while longer. */
const LOOK_AGAIN_MS = 30_000;
const GRACE_MS = 10 * 60_000;

export interface SigningKey {
  readonly id: string;
  readonly key: KeyObject;
  sign(bytes: Uint8Array): Promise<Buffer>;
}

type Row = typeof signingKeys.$inferSelect;

interface Snapshot {
  readonly chain: readonly ChainKey[];
  readonly published: readonly PublishedKey[];
  readonly signing: SigningKey;
}

/**
 * The hub's own Ed25519 keys: the newest signs, the others stay published. Private keys lie in the database, sealed with the hub's secret, so that every
 * hub process signs with the same one. A rotation reaches every process within half a minute.
 */
export class KeyRing {
  readonly #database: Database;
  readonly #sealingKey: Buffer;
  readonly #hubName: string;
  #snapshot: Snapshot;
  #readAt = Date.now();

  private constructor(database: Database, sealingKey: Buffer, hubName: string, rows: readonly Row[]) {
    this.#database = database;
    this.#sealingKey = sealingKey;
    this.#hubName = hubName;
    this.#snapshot = this.#toSnapshot(rows);
  }

  static async load(database: Database, sealingKey: Buffer, hubName: string): Promise<KeyRing> {
    const rows = await database.transaction(async ({ queries }) => {
      await lock(queries);
      const stored = await findKeys(queries);
      if (stored.length > 0) return linkAll(queries, sealingKey, stored);
      await insertKey(queries, sealingKey, null);
      return findKeys(queries);
    });
    return new KeyRing(database, sealingKey, hubName, rows);
  }

  /** Oldest first. */
  get chain(): readonly ChainKey[] {
    return this.#fresh().chain;
  }

  /** Newest first. */
  get published(): readonly PublishedKey[] {
    return this.#fresh().published;
  }

  /** The newest key. Take it once for the signature and its key's id. */
  get signing(): SigningKey {
    return this.#fresh().signing;
  }

  /** The oldest key's fingerprint: what peers know this hub by. */
  get rootId(): string {
    return this.#snapshot.chain[0]!.id;
  }

  /** Makes a new key, signed by the one before it, which retires after a while. @returns its fingerprint */
  async rotate(): Promise<string> {
    const id = await this.#database.transaction(async ({ queries }) => {
      await lock(queries);
      const newest = (await findKeys(queries)).at(-1)!;
      if (newest.place + 1 >= LONGEST_CHAIN) throw new TooManyKeysError();
      const retiresAt = new Date(Date.now() + GRACE_MS);
      await queries.update(signingKeys).set({ retiresAt }).where(eq(signingKeys.id, newest.id));
      return insertKey(queries, this.#sealingKey, newest);
    });
    await this.refresh();
    return id;
  }

  /**
   * Ends an older key at once, for one that others may have got hold of. Receipts that it has signed stay checkable.
   * @throws KeyMissingError | NewestKeyError
   */
  async retire(id: string): Promise<void> {
    await this.#database.transaction(async ({ queries }) => {
      await lock(queries);
      const keys = await findKeys(queries);
      if (!keys.some((key) => key.id === id)) throw new KeyMissingError(id);
      if (keys.at(-1)!.id === id) throw new NewestKeyError();
      await queries
        .update(signingKeys)
        .set({ retiresAt: sql`least(${signingKeys.retiresAt}, now())` })
        .where(eq(signingKeys.id, id));
    });
    await this.refresh();
  }

  async refresh(): Promise<void> {
    this.#snapshot = this.#toSnapshot(await findKeys(this.#database.queries));
    this.#readAt = Date.now();
  }

  #fresh(): Snapshot {
    if (Date.now() - this.#readAt > LOOK_AGAIN_MS) {
      this.#readAt = Date.now();
      // While the database is away, what is known goes on to be used.
      this.refresh().catch(() => {});
    }
    return this.#snapshot;
  }

  #toSnapshot(rows: readonly Row[]): Snapshot {
    const newest = rows.at(-1)!;
    const key = privateKeyOf(this.#sealingKey, newest);
    return {
      chain: rows.map(({ id, publicKey, madeAt, retiresAt, link }) => ({
        id,
        publicKey,
        from: madeAt.toISOString(),
        until: retiresAt?.toISOString() ?? null,
        link,
      })),
      published: rows.toReversed().map(({ id, publicKey, madeAt }) => ({
        id,
        role: 'hub',
        owner: this.#hubName,
        algorithm: 'ed25519',
        publicKey,
        since: madeAt.toISOString(),
      })),
      signing: { id: newest.id, key, sign: (bytes) => signWith(null, bytes, key) },
    };
  }
}

/** Hub processes that start together on an empty database agree on one key; rotations take turns. */
function lock(queries: Queries) {
  return queries.execute(sql`select pg_advisory_xact_lock(7340512003)`);
}

async function findKeys(queries: Queries): Promise<Row[]> {
  const rows = await queries.select().from(signingKeys).orderBy(desc(signingKeys.place));
  return rows.reverse();
}

/** Keys from before there was a chain are linked when they are first read: all of them are at hand. */
async function linkAll(queries: Queries, sealingKey: Buffer, rows: readonly Row[]): Promise<Row[]> {
  for (const [place, row] of rows.entries()) {
    const before = rows[place - 1];
    if (!before || row.link !== null) continue;
    const link = linkOf(sealingKey, before, { id: row.id, from: row.madeAt.toISOString() });
    await queries.update(signingKeys).set({ link }).where(eq(signingKeys.id, row.id));
  }
  return findKeys(queries);
}

async function insertKey(queries: Queries, sealingKey: Buffer, before: Row | null): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = rawPublicKey(publicKey);
  const id = keyIdOf(raw);
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const madeAt = new Date();
  await queries.insert(signingKeys).values({
    id,
    place: (before?.place ?? -1) + 1,
    publicKey: raw.toString('base64'),
    sealedPrivateKey: seal(sealingKey, sealedAs(id), pem),
    link: before && linkOf(sealingKey, before, { id, from: madeAt.toISOString() }),
    madeAt,
  });
  return id;
}

function linkOf(sealingKey: Buffer, before: Row, key: Pick<ChainKey, 'id' | 'from'>): string {
  return sign(null, linkBytes(before, key), privateKeyOf(sealingKey, before)).toString('base64');
}

function privateKeyOf(sealingKey: Buffer, { id, sealedPrivateKey }: Row): KeyObject {
  return createPrivateKey(unseal(sealingKey, sealedAs(id), sealedPrivateKey));
}

const sealedAs = (id: string) => `receipts:${id}`;
