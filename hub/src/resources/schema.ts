import { bigint, boolean, index, integer, pgEnum, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { users } from '../accounts/schema.ts';

export const resourceType = pgEnum('resource_type', [
  'ingestion_program',
  'scoring_program',
  'input_data',
  'reference_data',
  'public_data',
  'starting_kit',
  'submission',
  'solution',
  'competition_bundle',
]);

/** An uploaded archive. Its bytes are a blob, shared by all resources with the same digest. */
export const resources = pgTable(
  'resources',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    key: uuid().notNull().unique().defaultRandom(),
    type: resourceType().notNull(),
    name: text().notNull(),
    description: text().notNull().default(''),
    fileName: text().notNull(),
    createdBy: integer()
      .notNull()
      .references(() => users.id),
    isPublic: boolean().notNull().default(false),
    /** sha256:<hex>; null until the upload is complete. */
    digest: text(),
    size: bigint({ mode: 'number' }),
    /** Hex, as Codabench serves it for submissions. */
    md5: text(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    uploadedAt: timestamp({ withTimezone: true }),
    deletedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    index('resources_owner').on(table.createdBy, table.type),
    index('resources_digest').on(table.digest),
  ],
);
