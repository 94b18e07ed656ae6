import { integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

/**
 * The hub's Ed25519 keys, a chain: each is signed by the one before it. The newest signs. None is ever removed, since what it signed is still to be
 * checked.
 */
export const signingKeys = pgTable('signing_keys', {
  /** sha256:<hex> of the raw public key. */
  id: text().primaryKey(),
  /** Its place in the chain, from 0. */
  place: integer().notNull().unique(),
  /** base64 of the raw public key. */
  publicKey: text().notNull(),
  /** PKCS #8 PEM, encrypted with the hub's secret. */
  sealedPrivateKey: text().notNull(),
  /** base64: the key before it has signed it; null for the first. */
  link: text(),
  madeAt: timestamp({ withTimezone: true }).notNull(),
  /** From then on nothing new that it signed is taken; receipts from before stay good. Null for the newest. */
  retiresAt: timestamp({ withTimezone: true }),
});
