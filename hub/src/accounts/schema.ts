import { sql } from 'drizzle-orm';
import { boolean, index, integer, jsonb, pgTable, text, timestamp, uniqueIndex } from 'drizzle-orm/pg-core';
import type { Attribute } from './attributes.ts';

export const users = pgTable(
  'users',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    /** People of other hubs are `name@hub`; nobody else's name has an @. */
    username: text().notNull(),
    /** Empty for people whose address is not known here: those of other hubs. */
    email: text().notNull(),
    displayName: text().notNull().default(''),
    /** argon2id in PHC form; null for accounts that cannot log in with a password. */
    passwordHash: text(),
    isAdmin: boolean().notNull().default(false),
    /** A robot may submit without limits where the competition allows robots. */
    isRobot: boolean().notNull().default(false),
    /** What institutions or the home hub vouch for, from all of the account's identities together. */
    attributes: jsonb().$type<Attribute[]>().notNull().default(sql`'[]'::jsonb`),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** Since then neither sessions nor tokens of this account count. */
    suspendedAt: timestamp({ withTimezone: true }),
    deletedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    uniqueIndex('users_username_key').on(sql`lower(${table.username})`),
    uniqueIndex('users_email_key').on(sql`lower(${table.email})`).where(sql`${table.email} <> ''`),
  ],
);

export const sessions = pgTable(
  'sessions',
  {
    /** SHA-256 of the session id that the cookie holds. */
    idHash: text().primaryKey(),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    expiresAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [index('sessions_user').on(table.userId), index('sessions_expiry').on(table.expiresAt)],
);

export const apiTokens = pgTable(
  'api_tokens',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    name: text().notNull(),
    tokenHash: text().notNull().unique(),
    /** The first characters, so that a person can tell tokens apart. */
    hint: text().notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    lastUsedAt: timestamp({ withTimezone: true }),
    expiresAt: timestamp({ withTimezone: true }),
  },
  (table) => [index('api_tokens_user').on(table.userId)],
);
