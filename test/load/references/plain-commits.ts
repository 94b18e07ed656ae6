import type pg from 'pg';
import type { Reference } from './reference.ts';

const PAYLOAD = 'x'.repeat(1024);

/** What a durable job costs at the least without sharing: three commits of one row each over a connection of its lane, and nobody who does it. */
export async function plainCommits(pool: pg.Pool): Promise<Reference> {
  await pool.query(`
    create table if not exists plain_jobs (id bigint primary key generated always as identity, state smallint not null, payload text not null)
    with (fillfactor = 70)`);
  const statement = (name: string, text: string, values: unknown[]) => pool.query({ name, text, values });
  return {
    async one() {
      const { rows } = await statement(
        'made',
        'insert into plain_jobs (state, payload) values (0, $1) returning id',
        [PAYLOAD],
      );
      const id = [rows[0].id];
      await statement('taken', 'update plain_jobs set state = 1 where id = $1', id);
      await statement('done', 'update plain_jobs set state = 2 where id = $1', id);
    },
    settle: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}
