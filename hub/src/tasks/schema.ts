import { sql } from 'drizzle-orm';
import { boolean, integer, jsonb, pgTable, pgView, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import { users } from '../accounts/schema.ts';
import type { SiteRule } from '../bundles/site-rule.ts';
import { tasks } from '../competitions/schema.ts';
import { resources } from '../resources/schema.ts';

/**
 * What a task was before it was changed: its row as it stood, written as the next version takes its place. The current version is in `tasks`. What was
 * submitted before the change is still run on the version that it was admitted with.
 */
export const taskVersions = pgTable(
  'task_versions',
  {
    taskId: integer()
      .notNull()
      .references(() => tasks.id, { onDelete: 'cascade' }),
    version: integer().notNull(),
    scoringProgramId: integer().references(() => resources.id),
    ingestionProgramId: integer().references(() => resources.id),
    inputDataId: integer().references(() => resources.id),
    referenceDataId: integer().references(() => resources.id),
    ingestionOnlyDuringScoring: boolean().notNull(),
    siteDatasetName: text(),
    siteDatasetVersion: text(),
    siteDatasetInput: boolean().notNull(),
    siteDatasetReference: boolean().notNull(),
    siteRule: jsonb().$type<SiteRule>(),
    attestations: jsonb().$type<string[]>().notNull(),
    createdBy: integer()
      .notNull()
      .references(() => users.id),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    note: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.taskId, table.version] })],
);

/** Every version of every task, the current ones included: what a submission was admitted with is that of its `task_version`. */
export const taskSetups = pgView('task_setups', {
  taskId: integer().notNull(),
  version: integer().notNull(),
  siteDatasetName: text(),
  siteDatasetVersion: text(),
  siteRule: jsonb().$type<SiteRule>(),
}).as(
  sql`select id as task_id, version, site_dataset_name, site_dataset_version, site_rule from tasks
    union all select task_id, version, site_dataset_name, site_dataset_version, site_rule from task_versions`,
);

/** People who may use somebody's task in competitions of theirs. They see what it consists of, and neither change nor download it. */
export const taskShares = pgTable(
  'task_shares',
  {
    taskId: integer()
      .notNull()
      .references(() => tasks.id, { onDelete: 'cascade' }),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    sharedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.taskId, table.userId] })],
);
