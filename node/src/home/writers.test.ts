import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SOURCE = fileURLToPath(new URL('..', import.meta.url));

/** Who writes in other ways than with `writeAtomically`, and why a process that is killed in the middle of it does no harm. */
const WRITERS: Readonly<Record<string, string>> = {
  'console/persons.ts': 'renames an address of the console as it is used: killed.test.ts',
  'home/atomic-file.ts': 'is it: killed.test.ts',
  'home/identity.ts': 'renames the next key: killed.test.ts',
  'home/lock.ts': 'a lock of a dead process, or half of one, is taken over: lock.test.ts',
  'ledger/append-file.ts': 'the ledger: ledger.test.ts, which kills and tears it at any byte',
  'ledger/export.ts': 'a copy for people, which ends with a signed head or is none',
  'ledger/of-home.ts': 'renames the next receipt key: killed.test.ts',
  'logs/run-logs.ts': 'what is lost of a log fails no run: run-logs.test.ts',
  'run/attempt-folder.ts': 'renamed into place; of what cannot be read nothing was done',
  'run/leaving.ts': 'the report, again from the draft',
  'run/prepare.ts': "a part of the workspace, which is there as a whole or not: see Workspace's makeFilled",
  'run/site-decisions.ts': 'what a question is about, again with the question',
  'spool/journal.ts': 'the spool: journal.test.ts',
};

/** Work in folders of single attempts, in a cache that is checked by digest, or where people have asked for a file. */
const ELSEWHERE = /^(?:cache|cli|contract|engine)\//;

const WRITES =
  /\b(?:appendFile|copyFile|cp|createWriteStream|rename|truncate|writeFile|writeFileSync)\(|\bO_WRONLY\b/;

test('what a home keeps is written as a whole, or it is known why not', async () => {
  const files = (await readdir(SOURCE, { recursive: true })).filter(
    (name) => name.endsWith('.ts') && !/\.test\.ts$|(?:^|\/)testing\//.test(name) && !ELSEWHERE.test(name),
  );
  const writers: string[] = [];
  for (const name of files) if (WRITES.test(await readFile(join(SOURCE, name), 'utf8'))) writers.push(name);
  expect(writers.sort()).toEqual(Object.keys(WRITERS).sort());
});
