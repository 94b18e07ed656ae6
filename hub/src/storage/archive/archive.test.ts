import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostileArchives, lyingArchives } from '../../../../test/fixtures/archives/hostile.ts';
import { type RawMember, rawZip } from '../../../../test/fixtures/archives/raw-zip.ts';
import {
  type Archive,
  ArchiveError,
  openArchive,
  writeZip,
  zipDirectoryOfArchive,
  zipStream,
} from './index.ts';

let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-archive-'));
});
afterAll(() => rm(folder, { recursive: true }));

const fresh = () => join(folder, `${count++}`);

async function store(content: Buffer): Promise<string> {
  const path = fresh();
  await writeFile(path, content);
  return path;
}

const open = async (members: RawMember[]): Promise<Archive> => openArchive(await store(rawZip(members)));

describe('hostile archives', () => {
  test.each(Object.entries(hostileArchives))(
    '%s: refused with a code and a cure',
    async (_, { code, build }) => {
      const opened = openArchive(await store(build()));
      await expect(opened).rejects.toBeInstanceOf(ArchiveError);
      await expect(opened).rejects.toMatchObject({ code, cure: expect.stringMatching(/\w/) });
    },
  );

  test.each(Object.entries(lyingArchives))(
    '%s: refused while reading, nothing left behind',
    async (_, lying) => {
      await using archive = await openArchive(await store(lying.build()));
      await expect(archive.readEntry('x', 2 ** 30)).rejects.toMatchObject({ code: lying.code, entry: 'x' });
      const target = fresh();
      await expect(archive.extract(target)).rejects.toMatchObject({ code: lying.code });
      await expect(stat(target)).rejects.toMatchObject({ code: 'ENOENT' });
    },
  );

  test('limits given by the caller bind', async () => {
    const path = await store(rawZip([{ name: 'a', content: 'x'.repeat(100) }, { name: 'b' }]));
    await expect(openArchive(path, { maxEntries: 1 })).rejects.toMatchObject({
      code: 'archive_too_many_entries',
    });
    await expect(openArchive(path, { maxEntryBytes: 99 })).rejects.toMatchObject({ code: 'entry_too_large' });
    await expect(openArchive(path, { maxTotalBytes: 99 })).rejects.toMatchObject({
      code: 'archive_too_large',
    });
    await using archive = await openArchive(path);
    await expect(archive.readEntry('a', 99)).rejects.toMatchObject({ code: 'entry_too_large' });
  });

  test('a file that is not there is a fault of the machine', async () => {
    await expect(openArchive(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('honest archives', () => {
  test('reads files by name, leaves desktop litter out', async () => {
    await using archive = await open([
      { name: 'data/' },
      { name: 'data/日本 語.csv', content: 'a,b' },
      { name: './competition.yaml', content: 'title: x' },
      { name: '__MACOSX/._competition.yaml', content: 'x' },
      { name: 'data/.DS_Store', content: 'x' },
      { name: 'data/Icon\r', content: 'x' },
    ]);
    expect(archive.entries.map((entry) => entry.name)).toEqual([
      'data',
      'data/日本 語.csv',
      'competition.yaml',
    ]);
    expect((await archive.readEntry('data/日本 語.csv', 100)).toString()).toBe('a,b');
    expect(archive.hasDirectory('data')).toBe(true);
    expect(archive.hasDirectory('competition.yaml')).toBe(false);
    await expect(archive.readEntry('Competition.yaml', 100)).rejects.toMatchObject({ code: 'entry_missing' });
    expect(archive.findSimilarName('Competition.yaml')).toBe('competition.yaml');
  });

  test('makes a file of a link, which holds the name of its target, and says so', async () => {
    await using archive = await open([{ name: 'x', content: '/etc/passwd', mode: 0o120777 }]);
    expect(archive.notes).toMatchObject([{ code: 'entry_is_link', entry: 'x' }]);
    const target = fresh();
    await archive.extract(target);
    expect((await lstat(join(target, 'x'))).isFile()).toBe(true);
    expect(await readFile(join(target, 'x'), 'utf8')).toBe('/etc/passwd');
  });

  test('takes the last of a member stored twice, and says so', async () => {
    await using archive = await open([
      { name: 'x', content: 'first' },
      { name: 'x', content: 'second' },
    ]);
    expect((await archive.readEntry('x', 100)).toString()).toBe('second');
    expect(archive.notes).toMatchObject([{ code: 'entry_repeated', entry: 'x' }]);
    const target = fresh();
    await archive.extract(target);
    expect(await readFile(join(target, 'x'), 'utf8')).toBe('second');
  });

  test('finds a name written in the other Unicode composition, and one in UTF-8 without the flag', async () => {
    await using archive = await open([
      { name: Buffer.from('é.csv'.normalize('NFD')), content: '1', flags: 0 },
    ]);
    expect((await archive.readEntry('é.csv'.normalize('NFC'), 100)).toString()).toBe('1');
  });

  test('unpacks one folder by its content into a fresh folder', async () => {
    await using archive = await open([
      { name: 'p/run.py', content: 'print()', mode: 0o100777 },
      { name: 'p/lib/a.py', content: 'a' },
      { name: 'p/empty/' },
      { name: 'q', content: 'no' },
    ]);
    const target = fresh();
    await archive.extract(target, { under: 'p' });
    expect((await readdir(target, { recursive: true })).sort()).toEqual([
      'empty',
      'lib',
      'lib/a.py',
      'run.py',
    ]);
    expect((await stat(join(target, 'run.py'))).mode & 0o777).toBe(0o644);
  });

  test('neither unpacks into a folder that exists nor through a link', async () => {
    await using archive = await open([{ name: 'x', content: 'x' }]);
    const target = fresh();
    await mkdir(target);
    await expect(archive.extract(target)).rejects.toMatchObject({ code: 'EEXIST' });
    const link = fresh();
    await symlink(target, link);
    await expect(archive.extract(link)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readdir(target)).toEqual([]);
  });

  test('stops when told to', async () => {
    await using archive = await open([{ name: 'x', content: 'x' }]);
    await expect(archive.extract(fresh(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

describe('zips written', () => {
  test('same content, same bytes, in whatever order, compression and time the source had it', async () => {
    const members = [
      { name: 'b.txt', content: 'b'.repeat(1000) },
      { name: 'a/é.txt', content: 'a' },
      { name: 'c/' },
    ];
    await using one = await open(members.map((member) => ({ ...member, name: `data/${member.name}` })));
    await using two = await open(
      members.toReversed().map((member) => ({ ...member, method: 0, mode: 0o100755 })),
    );
    const [first, second] = [fresh(), fresh()];
    await zipDirectoryOfArchive(one, 'data', first);
    await zipDirectoryOfArchive(two, '', second);
    expect((await readFile(first)).equals(await readFile(second))).toBe(true);
    await using written = await openArchive(first);
    expect(written.entries.map((entry) => entry.name)).toEqual(['a/é.txt', 'b.txt', 'c']);
    expect((await written.readEntry('b.txt', 2000)).toString()).toBe('b'.repeat(1000));
  });

  test('fail with the source, and leave no file', async () => {
    await using archive = await openArchive(await store(lyingArchives['wrong checksum']!.build()));
    const target = fresh();
    await expect(zipDirectoryOfArchive(archive, '', target)).rejects.toMatchObject({
      code: 'archive_damaged',
    });
    await expect(stat(target)).rejects.toMatchObject({ code: 'ENOENT' });
    const unopened = { name: 'x', open: () => Promise.reject(new Error('gone')) };
    await expect(buffer(zipStream([unopened]))).rejects.toThrow('gone');
  });

  test('never overwrite', async () => {
    const target = await store(Buffer.from('mine'));
    await expect(writeZip([{ name: 'x/' }], target)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(target, 'utf8')).toBe('mine');
  });
});
