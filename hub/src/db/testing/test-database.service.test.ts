import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { users } from '../../accounts/schema.ts';
import { createTestDatabase } from './test-database.ts';

test('a test database has every table, is its own, and goes away', async () => {
  await using first = await createTestDatabase();
  await using second = await createTestDatabase();
  await first.queries.insert(users).values({ username: 'ada', email: 'ada@example.org' });
  expect(await first.queries.$count(users)).toBe(1);
  expect(await second.queries.$count(users)).toBe(0);
  const { rows } = await first.queries.execute(sql`select count(*)::int as count from graphile_worker.jobs`);
  expect(rows).toEqual([{ count: 0 }]);
});
