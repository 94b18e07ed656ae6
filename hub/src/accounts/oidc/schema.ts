import { sql } from 'drizzle-orm';
import { boolean, index, integer, jsonb, pgTable, text, timestamp, uniqueIndex } from 'drizzle-orm/pg-core';
import type { Attribute } from '../attributes.ts';
import { users } from '../schema.ts';

/** Institutions that people may sign in with, by OpenID Connect. The issuer of one never changes, since identities are told apart by it. */
export const identityProviders = pgTable('identity_providers', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  /** On the button. */
  name: text().notNull(),
  issuer: text().notNull().unique(),
  clientId: text().notNull(),
  /** Encrypted with the hub's secret. */
  sealedClientSecret: text().notNull(),
  scopes: text().notNull().default('openid profile email'),
  /** Issuers of GA4GH visas whose signatures count when they come with a sign-in there. */
  visaIssuers: text().array().notNull().default(sql`'{}'::text[]`),
  isEnabled: boolean().notNull().default(true),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
});

/** Who somebody is at an institution. */
export const linkedIdentities = pgTable(
  'linked_identities',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    providerId: integer()
      .notNull()
      .references(() => identityProviders.id),
    /** `sub` there. */
    subject: text().notNull(),
    /** For the person to tell it from others: an address or a name. */
    label: text().notNull(),
    attributes: jsonb().$type<Attribute[]>().notNull(),
    linkedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    lastUsedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('linked_identities_subject').on(table.providerId, table.subject),
    index('linked_identities_user').on(table.userId),
  ],
);
