import { spawn } from 'node:child_process';
import { appendFile, copyFile, cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { homeAt, makeHome } from '../home/home.ts';
import { lockHome } from '../home/lock.ts';
import { createLogger } from '../logging/logger.ts';
import { ReceiptKey } from '../receipts/key.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { waitFor } from '../testing/wait.ts';
import { checkLedger } from './check.ts';
import { encodeEntry, type LedgerEntry } from './entry.ts';
import type { LedgerEvent } from './events.ts';
import { checkExport, exportLedger } from './export.ts';
import { dropEvent, LedgerInbox, recordFromCommand } from './inbox.ts';
import { type EntryFilter, Ledger, type LedgerOptions } from './ledger.ts';

const logger = createLogger('silent');
const key = ReceiptKey.generate();
const paused = (by: string): LedgerEvent => ({ kind: 'control', what: 'pause', by });
const refused = (run: string): LedgerEvent => ({
  kind: 'refusal',
  run,
  attempt: 1,
  code: 'refused_budget',
  rule: 'budget',
  reason: 'spent — “all of it”\u2028',
});
const open = (folder: string, options: LedgerOptions = { key }) => Ledger.open(folder, logger, options);
const onlySegment = (folder: string) => join(folder, 'entries-000000000001.jsonl');

async function makeLedger(folder: string, entries: number, options?: LedgerOptions): Promise<void> {
  await using ledger = await open(folder, options);
  for (let index = 1; index <= entries; index += 1) await ledger.append(refused(String(index)));
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const array: Item[] = [];
  for await (const item of items) array.push(item);
  return array;
}

async function entriesOf(folder: string): Promise<LedgerEntry[]> {
  await using ledger = await open(folder);
  return all(ledger.entries());
}

async function problemsOf(folder: string) {
  return (await checkLedger(folder, [key.publicKey])).problems.map(
    ({ kind, sequence }) => `${kind} ${sequence}`,
  );
}

test('what was appended is there in the next life, in order, and the chain goes on', async () => {
  await using folder = await temporaryFolder();
  {
    await using ledger = await open(folder.path);
    const appended = await Promise.all(['1', '2', '3'].map((run) => ledger.append(refused(run))));
    expect(appended.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(ledger.head).toEqual({ sequence: 3, hash: appended[2]!.hash });
  }
  {
    await using ledger = await open(folder.path);
    await ledger.append(paused('somebody'));
    const entries = await all(ledger.entries());
    expect(entries.map(({ event }) => event.kind)).toEqual(['refusal', 'refusal', 'refusal', 'control']);
    expect(entries[3]!.previous).toBe(entries[2]!.hash);
    const ofRun = await all(ledger.entries({ run: '2', kinds: ['refusal'] }));
    expect(ofRun.map(({ sequence }) => sequence)).toEqual([2]);
    expect((await all(ledger.entries({ from: 3 }))).length).toBe(2);
  }
  expect(await problemsOf(folder.path)).toEqual([]);
});

test('the chain goes on over files', async () => {
  await using folder = await temporaryFolder();
  await makeLedger(folder.path, 30, { key, segmentBytes: 1_000 });
  const names = (await readdir(folder.path)).filter((name) => name.startsWith('entries-'));
  expect(names.length).toBeGreaterThan(5);
  expect((await entriesOf(folder.path)).map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: 30 }, (_, index) => index + 1),
  );
  await rm(join(folder.path, names[3]!));
  expect((await problemsOf(folder.path)).some((problem) => problem.startsWith('removed'))).toBe(true);
});

test('an event that is none is not appended', async () => {
  await using folder = await temporaryFolder();
  await using ledger = await open(folder.path);
  await expect(ledger.append({ ...paused('a'), kind: 'other' } as never)).rejects.toThrow();
  await ledger.append(paused('b'));
  expect(ledger.head.sequence).toBe(1);
});

test('a crash in the last entry, at any byte, loses that entry alone', async () => {
  await using folder = await temporaryFolder();
  const whole = join(folder.path, 'whole');
  await makeLedger(whole, 4);
  const head = await readFile(join(whole, 'head.json'));
  await using before = await open(whole);
  await before.append(refused('5'));
  const bytes = await readFile(onlySegment(whole));
  const start = bytes.lastIndexOf(10, bytes.length - 2) + 1;
  for (let end = start; end < bytes.length; end += 1) {
    const torn = join(folder.path, `torn-${end}`);
    await cp(whole, torn, { recursive: true });
    // The head was not signed again before the crash.
    await writeFile(join(torn, 'head.json'), head);
    await truncate(onlySegment(torn), end);
    {
      await using ledger = await open(torn);
      expect(ledger.head.sequence).toBe(4);
      await ledger.append(refused('again'));
    }
    expect(await problemsOf(torn)).toEqual([]);
    await rm(torn, { recursive: true });
  }
}, 60_000);

test('nothing that was promised is lost when the process is killed', async () => {
  await using folder = await temporaryFolder();
  const ledger = join(folder.path, 'ledger');
  const keyPath = join(folder.path, 'key.pem');
  const promised = new Map<number, string>();
  for (let life = 0; life < 6; life += 1) {
    const script = new URL('./testing/appender.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [script, ledger, keyPath], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = new Promise((resolve) => child.on('close', resolve));
    const wanted = promised.size + 20 + life * 13;
    for await (const line of createInterface({ input: child.stdout })) {
      const [sequence, hash] = line.split(' ');
      if (hash?.length === 64) promised.set(Number(sequence), hash);
      if (promised.size >= wanted) child.kill('SIGKILL');
    }
    await closed;
    const { publicKey } = await ReceiptKey.load(keyPath);
    const kept = new Map<number, string>();
    const { problems } = await checkLedger(ledger, [publicKey], ({ sequence, hash }) =>
      kept.set(sequence, hash),
    );
    expect(problems).toEqual([]);
    for (const [sequence, hash] of promised) expect(kept.get(sequence)).toBe(hash);
  }
}, 60_000);

describe('tampering is found and named:', () => {
  const change = (from: string | RegExp, to: string) => (lines: string[]) =>
    lines.map((line, index) => (index === 2 ? line.replace(from, to) : line));
  const forged = (lines: string[], at: number, change: (entry: LedgerEntry) => LedgerEntry) => {
    const { hash: _, ...entry } = change(JSON.parse(lines[at]!) as LedgerEntry);
    return encodeEntry(entry).line.trimEnd();
  };

  test.each<[string, (lines: string[]) => string[], string[]]>([
    ['a changed entry', change('"run":"3"', '"run":"4"'), ['changed 3']],
    ['a changed hash', change(/"hash":"./, '"hash":"z'), ['changed 3', 'unlinked 4']],
    ['a space more', change('{"sequence"', '{ "sequence"'), ['changed 3']],
    ['a removed entry', (lines) => lines.toSpliced(2, 1), ['removed 3']],
    ['two that changed places', ([a, b, c, d, ...rest]) => [a!, c!, b!, d!, ...rest], ['reordered 2']],
    ['one that is there twice', (lines) => lines.toSpliced(3, 0, lines[1]!), ['inserted 2']],
    [
      'one that was made anew with a hash of its own',
      (lines) =>
        lines.with(
          2,
          forged(lines, 2, (entry) => ({ ...entry, at: '2020-01-01T00:00:00.000Z' })),
        ),
      ['unlinked 4'],
    ],
    [
      'one that was put in between',
      (lines) =>
        lines.toSpliced(
          3,
          0,
          forged(lines, 3, (entry) => ({ ...entry, at: '' })),
        ),
      ['inserted 4', 'unlinked 5'],
    ],
    ['a line that is none', (lines) => lines.toSpliced(2, 0, 'hello'), ['unreadable 3']],
    ['an end that was cut off', (lines) => lines.slice(0, 3), ['truncated 6']],
    ['no entries at all', () => [], ['truncated 6']],
    [
      'a last entry that is another one',
      (lines) =>
        lines.with(
          5,
          forged(lines, 5, (entry) => ({ ...entry, event: paused('mallory') })),
        ),
      ['rewritten 6'],
    ],
  ])('%s', async (_name, tamper, found) => {
    await using folder = await temporaryFolder();
    await makeLedger(folder.path, 6);
    const path = onlySegment(folder.path);
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    await writeFile(
      path,
      tamper(lines)
        .map((line) => `${line}\n`)
        .join(''),
    );
    expect(await problemsOf(folder.path)).toEqual(found);
    await expect(open(folder.path)).rejects.toMatchObject({ code: 'ledger_tampered' });
  });

  test('any byte of an entry that is changed, or from which on it is cut', async () => {
    await using folder = await temporaryFolder();
    await makeLedger(folder.path, 2);
    const path = onlySegment(folder.path);
    const good = await readFile(path);
    const missed: number[] = [];
    for (let at = 0; at < good.length; at += 1) {
      const turned = Buffer.from(good);
      turned[at]! ^= 1 << (at % 8);
      await writeFile(path, at % 5 === 0 ? good.subarray(0, at) : turned);
      if ((await problemsOf(folder.path)).length === 0) missed.push(at);
    }
    expect(missed).toEqual([]);
    await writeFile(path, good);
    expect(await problemsOf(folder.path)).toEqual([]);
  }, 60_000);

  test('an older copy of the entries beside the head of today', async () => {
    await using folder = await temporaryFolder();
    await makeLedger(folder.path, 2);
    const older = await readFile(onlySegment(folder.path));
    await makeLedger(folder.path, 3);
    await writeFile(onlySegment(folder.path), older);
    expect(await problemsOf(folder.path)).toEqual(['truncated 5']);
  });

  test('the head is removed, changed, or of another key', async () => {
    await using folder = await temporaryFolder();
    await makeLedger(folder.path, 3);
    const path = join(folder.path, 'head.json');
    const head = await readFile(path, 'utf8');
    await writeFile(path, head.replace('"sequence":3', '"sequence":2'));
    expect(await problemsOf(folder.path)).toEqual(['head 2']);
    await writeFile(path, 'hello');
    expect(await problemsOf(folder.path)).toEqual(['head 3']);
    await rm(path);
    expect(await problemsOf(folder.path)).toEqual(['head 3']);
    await writeFile(path, head);
    const other = await checkLedger(folder.path, [ReceiptKey.generate().publicKey]);
    expect(other.problems.map(({ kind }) => kind)).toEqual(['head']);
  });

  test('all entries are gone but the head', async () => {
    await using folder = await temporaryFolder();
    await makeLedger(folder.path, 3);
    await rm(onlySegment(folder.path));
    expect(await problemsOf(folder.path)).toEqual(['truncated 3']);
  });
});

describe('an export', () => {
  test('is checked without the node', async () => {
    await using folder = await temporaryFolder();
    const ledger = join(folder.path, 'ledger');
    await makeLedger(ledger, 8, { key, segmentBytes: 500 });
    const file = join(folder.path, 'export.jsonl');
    expect(await exportLedger(ledger, file, { from: 3, to: 6 }, key)).toMatchObject({ from: 3, to: 6 });
    expect(await checkExport(file)).toMatchObject({ problems: [], entries: { from: 3, to: 6 } });

    const text = await readFile(file, 'utf8');
    const kinds = async (changed: string) => {
      const copy = join(folder.path, 'changed.jsonl');
      await writeFile(copy, changed);
      return (await checkExport(copy)).problems.map(({ kind }) => kind);
    };
    expect(await kinds(text.replace('"run":"4"', '"run":"9"'))).toEqual(['changed']);
    const lines = text.split('\n');
    expect(await kinds(lines.toSpliced(1, 1).join('\n'))).toEqual(['removed']);
    expect(await kinds(lines.toSpliced(3, 1).join('\n'))).toEqual(['truncated']);
    expect(await kinds(lines.toSpliced(4, 1).join('\n'))).toEqual(['head']);
  });
});

describe('what commands have to record', () => {
  test('is appended by the command when no node runs, and by the node otherwise, once', async () => {
    await using folder = await temporaryFolder();
    const home = homeAt(folder.path);
    await recordFromCommand(home, paused('without a node'));

    await makeHome(home);
    await using _lock = await lockHome(home.lock);
    await using ledger = await open(home.ledger, { key: await ReceiptKey.load(home.receiptKey) });
    await using inbox = new LedgerInbox(ledger, logger);
    await inbox.follow();
    await recordFromCommand(home, paused('beside a node'));
    await waitFor('the event', () => ledger.head.sequence === 2);
    const people = (await all(ledger.entries())).map(({ event }) => 'by' in event && event.by);
    expect(people).toEqual(['without a node', 'beside a node']);
  });

  test('is not taken in again after a crash between the ledger and the inbox', async () => {
    await using folder = await temporaryFolder();
    const inboxFolder = join(folder.path, 'inbox');
    await dropEvent(folder.path, paused('once'));
    const [name] = await readdir(inboxFolder);
    const kept = join(folder.path, 'kept');
    await copyFile(join(inboxFolder, name!), kept);
    for (const life of [1, 2, 3]) {
      await using ledger = await open(folder.path);
      await using inbox = new LedgerInbox(ledger, logger);
      await inbox.takeIn();
      expect(ledger.head.sequence).toBe(1);
      if (life < 3) await copyFile(kept, join(inboxFolder, name!));
    }
  });

  test('stays where it is when it is no event', async () => {
    await using folder = await temporaryFolder();
    await using ledger = await open(folder.path);
    await dropEvent(folder.path, paused('good'));
    await appendFile(join(folder.path, 'inbox', '0-bad.json'), '{"kind":"unheard-of"}');
    await using inbox = new LedgerInbox(ledger, logger);
    await inbox.takeIn();
    expect(ledger.head.sequence).toBe(1);
    expect(await readdir(join(folder.path, 'inbox'))).toEqual(['0-bad.json']);
  });
});

test('entries are found by kind, run and moment, wherever they lie', async () => {
  await using folder = await temporaryFolder();
  await using ledger = await open(folder.path, { segmentBytes: 200 });
  const decided = (run: string) =>
    ({ kind: 'control', what: 'pause', by: `"kind":"policy" "run":"${run}"` }) as const;
  await ledger.append({ kind: 'refusal', run: '1', attempt: 1, code: 'HUB', rule: 'hubs', reason: '' });
  const since = (await ledger.append(decided('1'))).at;
  await new Promise((resolve) => setTimeout(resolve, 5));
  await ledger.append({ kind: 'refusal', run: '2', attempt: 1, code: 'HUB', rule: 'hubs', reason: '' });
  const later = (await ledger.append(decided('2'))).at;
  const found = async (filter: EntryFilter) => {
    const sequences: number[] = [];
    for await (const { sequence } of ledger.entries(filter)) sequences.push(sequence);
    return sequences;
  };
  expect(since < later).toBe(true);
  expect(await found({ kinds: ['policy'] })).toEqual([]);
  expect(await found({ kinds: ['refusal'] })).toEqual([1, 3]);
  expect(await found({ run: '2' })).toEqual([3]);
  expect(await found({ since: later })).toEqual([4]);
  expect(await found({ since: later, runs: new Set(['1']) })).toEqual([1, 4]);
  expect(await found({ from: 2, to: 3 })).toEqual([2, 3]);
});
