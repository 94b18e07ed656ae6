import { lstat, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { unpack } from './unpack.ts';

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const limits = { maxBytes: 1 << 20, maxEntries: 100 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-unpack-'));
});
afterEach(() => rm(folder, { recursive: true }));

type Member = readonly [name: string, content: string, mode?: number];

async function zipOf(members: readonly Member[]): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content, mode = 0o100644] of members) zip.addBuffer(Buffer.from(content), name, { mode });
  zip.end();
  return buffer(zip.outputStream);
}

/** Writes a name into the archive that the library would refuse to write; of the same length. */
function renamed(zip: Buffer, from: string, to: string): Buffer {
  return Buffer.from(zip.toString('latin1').replaceAll(from, to), 'latin1');
}

async function unpacked(zip: Buffer, bounds = limits) {
  const archive = join(folder, 'archive.zip');
  await writeFile(archive, zip);
  return unpack(archive, join(folder, 'target'), owner, bounds);
}

const content = (name: string) => readFile(join(folder, 'target', name), 'utf8');

describe('unpacks', () => {
  it('folders and files, without execute bits', async () => {
    const zip = await zipOf([
      ['a.txt', 'a', 0o100755],
      ['deep/er/b c.txt', 'b'],
      ['données/é.txt', 'c'],
    ]);
    expect(await unpacked(zip)).toEqual({ kind: 'unpacked', files: 3, bytes: 3 });
    expect([
      await content('a.txt'),
      await content('deep/er/b c.txt'),
      await content('données/é.txt'),
    ]).toEqual(['a', 'b', 'c']);
    expect((await stat(join(folder, 'target', 'a.txt'))).mode & 0o777).toBe(0o644);
  });

  it('the last of several members with a name', async () => {
    expect(
      (
        await unpacked(
          await zipOf([
            ['a', 'first'],
            ['b', '-'],
            ['a', 'last'],
          ]),
        )
      ).kind,
    ).toBe('unpacked');
    expect(await content('a')).toBe('last');
  });

  it('names that differ in case only', async () => {
    await unpacked(
      await zipOf([
        ['Data', '1'],
        ['data', '2'],
      ]),
    );
    expect([await content('Data'), await content('data')]).toEqual(['1', '2']);
  });

  it('nothing of __MACOSX', async () => {
    expect(
      await unpacked(
        await zipOf([
          ['a', 'a'],
          ['__MACOSX/._a', 'x'],
        ]),
      ),
    ).toMatchObject({ files: 1 });
  });

  it('a symbolic link, as a file that holds the name of its target', async () => {
    await unpacked(await zipOf([['l', '/etc/passwd', 0o120777]]));
    expect((await lstat(join(folder, 'target', 'l'))).isFile()).toBe(true);
    expect(await content('l')).toBe('/etc/passwd');
  });

  it('an archive without members', async () => {
    expect(await unpacked(await zipOf([]))).toEqual({ kind: 'unpacked', files: 0, bytes: 0 });
    expect((await stat(join(folder, 'target'))).isDirectory()).toBe(true);
  });
});

describe('refuses', () => {
  it.each<[string, readonly Member[], string]>([
    ['a pipe', [['p', '', 0o010644]], 'special-file'],
    [
      'a file through a link',
      [
        ['l', '/etc', 0o120777],
        ['l/passwd', 'x'],
      ],
      'conflicting-names',
    ],
    [
      'a file that is a folder as well',
      [
        ['a', 'x'],
        ['a/b', 'y'],
      ],
      'conflicting-names',
    ],
    ['a name that is too long', [['n'.repeat(300), 'x']], 'unsafe-name'],
    [
      'too many bytes',
      [
        ['a', 'x'.repeat(600_000)],
        ['b', 'x'.repeat(600_000)],
      ],
      'too-large',
    ],
    [
      'too many entries',
      Array.from({ length: 101 }, (_, index) => [`f${index}`, ''] as const),
      'too-many-entries',
    ],
  ])('%s', async (_name, members, failure) => {
    expect(await unpacked(await zipOf(members))).toEqual({ kind: 'refused', failure });
  });

  it.each([
    ['../x', 'unsafe-name'],
    ['/abs', 'unsafe-name'],
    ['C:/x', 'unsafe-name'],
    ['a\0bc', 'unsafe-name'],
  ])('the name %j', async (name, failure) => {
    const zip = renamed(await zipOf([['good', 'x']]), 'good', name);
    expect(await unpacked(zip)).toEqual({ kind: 'refused', failure });
  });

  it('encrypted members', async () => {
    const zip = await zipOf([['a', 'x']]);
    zip.writeUInt16LE(zip.readUInt16LE(zip.indexOf('PK\x01\x02') + 8) | 1, zip.indexOf('PK\x01\x02') + 8);
    expect(await unpacked(zip)).toEqual({ kind: 'refused', failure: 'encrypted' });
  });

  it('content that is not what the archive says', async () => {
    const zip = await zipOf([['a', 'x']]);
    zip.writeUInt32LE(1, zip.indexOf('PK\x01\x02') + 16);
    expect(await unpacked(zip)).toEqual({ kind: 'refused', failure: 'corrupt' });
  });

  it('what is no archive, and one that is cut or damaged', async () => {
    expect(await unpacked(Buffer.from('no zip'))).toEqual({ kind: 'refused', failure: 'not-a-zip' });
    expect(await unpacked(Buffer.alloc(0))).toEqual({ kind: 'refused', failure: 'not-a-zip' });
    const zip = await zipOf([['a', 'abc'.repeat(1000)]]);
    expect(await unpacked(zip.subarray(0, zip.length - 10))).toEqual({
      kind: 'refused',
      failure: 'not-a-zip',
    });
    zip.fill(0xff, 40, 50);
    expect(await unpacked(zip)).toEqual({ kind: 'refused', failure: 'corrupt' });
  });
});
