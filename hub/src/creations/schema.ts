import { sql } from 'drizzle-orm';
import { bigint, boolean, integer, jsonb, pgEnum, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { users } from '../accounts/schema.ts';
import type { Problem } from '../bundles/problem.ts';
import { competitions, tasks } from '../competitions/schema.ts';
import { resources } from '../resources/schema.ts';

export const creationKind = pgEnum('creation_kind', ['competition', 'task']);
export const creationStatus = pgEnum('creation_status', ['Starting', 'Finished', 'Failed']);

/** Uploaded archives on their way to becoming a competition (a bundle) or a task (a `task.yaml`). */
export const creations = pgTable('creations', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  /** What is to come of it. */
  kind: creationKind().notNull().default('competition'),
  resourceId: integer()
    .notNull()
    .references(() => resources.id),
  createdBy: integer()
    .notNull()
    .references(() => users.id),
  status: creationStatus().notNull().default('Starting'),
  /** The archive is only looked at: nothing comes of it but the problems and notes. */
  checkOnly: boolean().notNull().default(false),
  /** Attempts begun; the hub gives up after some. */
  attempts: integer().notNull().default(0),
  /** Bytes of data gone through, and in all; null until that is known. */
  bytesDone: bigint({ mode: 'number' }).notNull().default(0),
  bytesTotal: bigint({ mode: 'number' }),
  /** For people: one line for each problem; before, what is being done. */
  details: text().notNull().default(''),
  /** The problems and notes as the readers of archives give them. */
  problems: jsonb().$type<Problem[]>().notNull().default(sql`'[]'::jsonb`),
  /** What has come of it; at most one of the two. */
  competitionId: integer().references(() => competitions.id),
  taskId: integer().references(() => tasks.id),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
});
