import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLogger } from '../logging/logger.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { Journal } from './journal.ts';

const logger = createLogger('silent');
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

async function readRecords(path: string): Promise<string[]> {
  const { journal, records } = await Journal.open(path, logger);
  await journal[Symbol.asyncDispose]();
  return records.map(text);
}

/** A journal of five records, as its bytes. */
async function makeJournal(path: string): Promise<{ bytes: Buffer; records: string[] }> {
  const records = Array.from({ length: 5 }, (_, index) => `record ${index} ${'x'.repeat(index * 3)}`);
  const { journal } = await Journal.open(path, logger);
  for (const record of records) await journal.appendDurably(Buffer.from(record));
  await journal[Symbol.asyncDispose]();
  return { bytes: await readFile(path), records };
}

test('a journal that a crash cut off at any byte gives the records before the cut, and takes new ones', async () => {
  await using folder = await temporaryFolder();
  const { bytes, records } = await makeJournal(join(folder.path, 'whole'));
  const path = join(folder.path, 'torn');
  for (let end = 0; end <= bytes.length; end += 1) {
    await writeFile(path, bytes.subarray(0, end));
    const { journal, records: read } = await Journal.open(path, logger);
    expect(read.map(text)).toEqual(records.slice(0, read.length));
    await journal.appendDurably(Buffer.from('after'));
    await journal[Symbol.asyncDispose]();
    expect(await readRecords(path)).toEqual([...records.slice(0, read.length), 'after']);
  }
}, 30_000);

test('a tail of zeros or noise is not taken for records', async () => {
  await using folder = await temporaryFolder();
  const { bytes, records } = await makeJournal(join(folder.path, 'whole'));
  const path = join(folder.path, 'noisy');
  let seed = 7;
  const random = () => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return seed / 2 ** 32;
  };
  for (let round = 0; round < 150; round += 1) {
    const end = 15 + Math.floor(random() * (bytes.length - 15));
    const tail = Buffer.from(
      Array.from({ length: Math.floor(random() * 64) }, () => (round % 2 ? Math.floor(random() * 256) : 0)),
    );
    await writeFile(path, Buffer.concat([bytes.subarray(0, end), tail]));
    const read = await readRecords(path);
    expect(read).toEqual(records.slice(0, read.length));
  }
});

test('a bit that flips ends the journal there', async () => {
  await using folder = await temporaryFolder();
  const { bytes, records } = await makeJournal(join(folder.path, 'whole'));
  const path = join(folder.path, 'flipped');
  for (let at = 15; at < bytes.length; at += 3) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    await writeFile(path, damaged);
    const read = await readRecords(path);
    expect(read.length).toBeLessThan(records.length);
    expect(read).toEqual(records.slice(0, read.length));
  }
});

test('a rewrite leaves what it is given, and the journal goes on after it', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'journal');
  const { journal } = await Journal.open(path, logger);
  for (let index = 0; index < 1000; index += 1) journal.append(Buffer.from(`old ${index}`));
  await journal.appendDurably(Buffer.from('last'));
  const before = journal.size;
  journal.rewrite(() => [Buffer.from('kept')]);
  await journal[Symbol.asyncDispose]();
  expect(journal.size).toBeLessThan(before);
  expect(await readRecords(path)).toEqual(['kept']);
  const again = await Journal.open(path, logger);
  await again.journal.appendDurably(Buffer.from('next'));
  await again.journal[Symbol.asyncDispose]();
  expect(await readRecords(path)).toEqual(['kept', 'next']);
});

test('what waits at the same moment shares a commit', async () => {
  await using folder = await temporaryFolder();
  const { journal } = await Journal.open(join(folder.path, 'journal'), logger);
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      journal.appendDurably(Buffer.from(`record ${index}`)).then(() => order.push(index)),
    ),
  );
  expect(order).toEqual(Array.from({ length: 100 }, (_, index) => index));
  await journal[Symbol.asyncDispose]();
});

test('a file that is no journal is left alone', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'journal');
  await writeFile(path, 'this is something else altogether');
  await expect(Journal.open(path, logger)).rejects.toMatchObject({ code: 'journal_failed' });
  expect(await readFile(path, 'utf8')).toBe('this is something else altogether');
});
