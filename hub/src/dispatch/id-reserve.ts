import type { Database } from '../db/database.ts';

/**
 * Hands out ids of a sequence that are reserved in blocks, so that rows which refer to one another can be written by one statement, and a
 * run's assignment can be made before its row is. Ids of a block that is not used up are lost, which nobody minds.
 */
export class IdReserve {
  readonly #database: Database;
  readonly #sequence: string;
  #ids: number[] = [];
  #refill: Promise<void> | null = null;

  constructor(database: Database, sequence: 'submissions_id_seq' | 'runs_id_seq') {
    this.#database = database;
    this.#sequence = sequence;
  }

  async take(): Promise<number> {
    while (this.#ids.length === 0) {
      this.#refill ??= this.#reserve().finally(() => {
        this.#refill = null;
      });
      await this.#refill;
    }
    return this.#ids.pop()!;
  }

  async #reserve(): Promise<void> {
    const { rows } = await this.#database.pool.query<{ id: number }>(
      'select nextval($1)::float8 as id from generate_series(1, 500)',
      [this.#sequence],
    );
    // Ascending when popped, so that ids follow the order of arrival.
    this.#ids = rows.map(({ id }) => id).reverse();
  }
}
