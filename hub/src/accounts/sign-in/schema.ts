import { index, integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { users } from '../schema.ts';

/** Where somebody went to say who they are. */
export type Destination =
  | { readonly kind: 'institution'; readonly providerId: number }
  | { readonly kind: 'hub'; readonly peerId: number };

/** Sign-ins that left for somewhere else and have not come back. Each comes back once, in the browser that it left from. */
export const begunSignIns = pgTable(
  'begun_sign_ins',
  {
    /** SHA-256 of the `state` that goes along. */
    stateHash: text().primaryKey(),
    /** SHA-256 of what a cookie of that browser holds. */
    browserHash: text().notNull(),
    destination: jsonb().$type<Destination>().notNull(),
    nonce: text().notNull(),
    /** PKCE */
    codeVerifier: text().notNull(),
    /** A path of this portal. */
    returnTo: text().notNull(),
    /** Whose account gets another identity; null: somebody signs in. */
    userId: integer().references(() => users.id, { onDelete: 'cascade' }),
    expiresAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [index('begun_sign_ins_expiry').on(table.expiresAt)],
);

/** People who have come back from an institution for the first time and choose a user name. */
export const arrivals = pgTable(
  'arrivals',
  {
    browserHash: text().primaryKey(),
    providerId: integer().notNull(),
    subject: text().notNull(),
    /** What the institution says: `Arrived` of the oidc feature. */
    person: jsonb().$type<unknown>().notNull(),
    returnTo: text().notNull(),
    expiresAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [index('arrivals_expiry').on(table.expiresAt)],
);
