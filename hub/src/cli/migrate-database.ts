import { migrate } from '../db/migrate.ts';
import { databaseUrlOf, openContext, settings } from './hub-database.ts';

export async function migrateDatabase(): Promise<void> {
  const { config, secrets } = settings();
  await migrate(databaseUrlOf(config, secrets));
  await using context = await openContext();
  await context.jobs.migrate();
  console.log('the database has the schema of this version');
}
