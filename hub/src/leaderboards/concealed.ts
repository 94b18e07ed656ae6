import { sql } from 'drizzle-orm';
import { columns } from '../competitions/schema.ts';

/**
 * Whether the scores of a column are for organizers alone, in a query on `leaderboard_columns`: because it is hidden, or because its board releases
 * scores in steps, which whoever saw them as they are could do without.
 */
export const isConcealed = sql<boolean>`(${columns.hidden} or exists (
  select from leaderboards b where b.id = ${columns.leaderboardId} and b.ladder_step is not null
))`;
