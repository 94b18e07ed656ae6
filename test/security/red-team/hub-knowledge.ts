import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Person } from '../../harness/person.ts';
import type { TestHub } from '../../harness/test-hub.ts';

/** A run, and the submission to one task that it is of. */
export interface KnownRun {
  readonly runId: number;
  readonly submissionId: number;
}

/** Everything that the hub has of each run: rows of all its tables, receipts in words, and what it answers the submitter. */
export async function knowledgeOf(
  hub: TestHub,
  person: Person,
  runs: readonly KnownRun[],
): Promise<Map<number, object>> {
  const knowledge = new Map<number, { tables: Record<string, object[]>; shown: object }>();
  for (const { runId, submissionId } of runs) {
    const { streams } = await person.trpc.submissions.logs.query({ runId });
    const submission = withoutNumbers(await person.submission(submissionId), [runId, submissionId]);
    knowledge.set(runId, { tables: {}, shown: { streams, submission } });
  }
  for (const { name, key } of await tablesOfRuns(hub)) {
    const rows = await hub.query<{ run: string; row: object }>(
      `select ${key} as run, to_jsonb(t) - '${key}' as row from "${name}" t where ${key} = any($1) order by t`,
      [[...knowledge.keys()]],
    );
    for (const { run, row } of rows) {
      const tables = knowledge.get(Number(run))?.tables ?? {};
      tables[name] = [...(tables[name] ?? []), inWords(row)];
    }
  }
  return knowledge;
}

/** With the hub's own numbers out of addresses and file names, which are made of them and differ from run to run. */
function withoutNumbers(answer: object, numbers: readonly number[]): object {
  const inNames = new RegExp(`(?<=[-/])(${numbers.join('|')})(?=[./"])`, 'g');
  return JSON.parse(JSON.stringify(answer).replace(inNames, 'N'));
}

/** Tables of which rows belong to one run, by the column that says which. */
async function tablesOfRuns(hub: TestHub): Promise<{ name: string; key: string }[]> {
  return await hub.query<{ name: string; key: string }>(
    `select table_name as name, column_name as key from information_schema.columns
     where table_schema = 'public' and (column_name = 'run_id' or (table_name = 'runs' and column_name = 'id'))
     order by 1, 2`,
  );
}

/** Envelopes and other bytes as what they hold: hidden in base64, one moment in it would make all of it noise. */
function inWords(row: object): object {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, typeof value === 'string' ? opened(value) : value]),
  );
}

function opened(value: string): unknown {
  const text = value.startsWith('\\x') ? Buffer.from(value.slice(2), 'hex').toString('utf8') : value;
  if (!text.startsWith('{')) return text;
  const { payload, ...rest } = JSON.parse(text);
  return { ...rest, payload: JSON.parse(Buffer.from(payload, 'base64').toString('utf8')) };
}

/** The first place where the hub keeps one of these byte strings: in a table, a file of its home (blobs, logs), or what it printed. */
export async function findTrace(hub: TestHub, traces: readonly Buffer[]): Promise<string | null> {
  const holds = (bytes: Buffer) => traces.some((trace) => bytes.includes(trace));
  const tables = await hub.query<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  );
  for (const { name } of tables) {
    const rows = await hub.query<{ row: string }>(`select t::text as row from ${name} t`);
    for (const { row } of rows) {
      // Bytes are shown in hexadecimal, whatever they hold.
      const bytes = [...row.matchAll(/\\x([0-9a-f]+)/g)].map(([, hex = '']) => Buffer.from(hex, 'hex'));
      if ([Buffer.from(row), ...bytes].some(holds)) return `table ${name}: ${row.slice(0, 200)}`;
    }
  }
  for (const entry of await readdir(hub.home, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    if (holds(Buffer.from(path)) || holds(await readFile(path))) return `file ${path}`;
  }
  return holds(Buffer.from(hub.process.log())) ? 'what the hub printed' : null;
}
