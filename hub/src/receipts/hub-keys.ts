import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { keyIdOf, type PublishedKey } from '@weir/proto/receipt';
import { like, sql } from 'drizzle-orm';
import type { Database, Queries } from '../db/database.ts';
import { hubKeys } from '../sites/schema.ts';
import { seal, unseal } from '../sites/sealed.ts';
import { rawPublicKey } from './ed25519.ts';

const PURPOSE = 'receipts:';
const signWith = promisify<null, Uint8Array, KeyObject, Buffer>(sign);

/**
 * The hub's own Ed25519 keys for receipts. The newest signs; the others stay published, since what they signed is still to be checked.
 * Private keys lie in the database, sealed with the hub's secret, so that every hub process signs with the same one.
 */
export interface HubKeys {
  /** Newest first. */
  readonly published: readonly PublishedKey[];
  readonly signingKeyId: string;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

export async function loadHubKeys(database: Database, sealingKey: Buffer, hubName: string): Promise<HubKeys> {
  const rows = await database.transaction(async ({ queries }) => {
    // Hub processes that start together on an empty database agree on one key.
    await queries.execute(sql`select pg_advisory_xact_lock(7340512003)`);
    const stored = await findKeys(queries);
    if (stored.length > 0) return stored;
    await insertKey(queries, sealingKey);
    return findKeys(queries);
  });
  const [newest] = rows;
  const key = createPrivateKey(unseal(sealingKey, newest!.purpose, newest!.sealedPrivateKey));
  return {
    published: rows.map(({ purpose, certificate, createdAt }) => ({
      id: purpose.slice(PURPOSE.length),
      role: 'hub',
      owner: hubName,
      algorithm: 'ed25519',
      publicKey: certificate,
      since: createdAt.toISOString(),
    })),
    signingKeyId: newest!.purpose.slice(PURPOSE.length),
    sign: (bytes) => signWith(null, bytes, key),
  };
}

/** Adds a key that signs from the next start of each hub process on. Gives its fingerprint. */
export async function rotateHubKey(database: Database, sealingKey: Buffer): Promise<string> {
  return insertKey(database.queries, sealingKey);
}

function findKeys(queries: Queries) {
  return queries
    .select()
    .from(hubKeys)
    .where(like(hubKeys.purpose, `${PURPOSE}%`))
    .orderBy(sql`${hubKeys.createdAt} desc`);
}

async function insertKey(queries: Queries, sealingKey: Buffer): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = rawPublicKey(publicKey);
  const keyId = keyIdOf(raw);
  const purpose = `${PURPOSE}${keyId}`;
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await queries.insert(hubKeys).values({
    purpose,
    certificate: raw.toString('base64'),
    sealedPrivateKey: seal(sealingKey, purpose, pem),
  });
  return keyId;
}
