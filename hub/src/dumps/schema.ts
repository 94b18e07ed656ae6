import { bigint, boolean, index, integer, pgEnum, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { users } from '../accounts/schema.ts';
import { competitions } from '../competitions/schema.ts';
import { resources } from '../resources/schema.ts';

export const dumpStatus = pgEnum('dump_status', ['Starting', 'Finished', 'Failed']);
export const dumpContent = pgEnum('dump_content', ['data', 'keys']);

/** A competition on its way to becoming a bundle again. */
export const competitionDumps = pgTable(
  'competition_dumps',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    competitionId: integer()
      .notNull()
      .references(() => competitions.id, { onDelete: 'cascade' }),
    createdBy: integer()
      .notNull()
      .references(() => users.id),
    status: dumpStatus().notNull().default('Starting'),
    /** Whether files are in the zip, or the keys of the resources in their place. */
    content: dumpContent().notNull().default('data'),
    /** Whether participants, submissions and scores go along. */
    withArchive: boolean().notNull().default(false),
    /** Attempts begun; the hub gives up after some. */
    attempts: integer().notNull().default(0),
    bytesDone: bigint({ mode: 'number' }).notNull().default(0),
    bytesTotal: bigint({ mode: 'number' }),
    /** For people: why there is none, or what is not in it. */
    details: text().notNull().default(''),
    /** The zip, a `competition_bundle` of whoever asked for it; null until it is finished. */
    resourceId: integer().references(() => resources.id),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index('competition_dumps_competition').on(table.competitionId)],
);
