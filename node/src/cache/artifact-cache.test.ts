import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLogger } from '../logging/logger.ts';
import { ArtifactServer } from '../testing/artifact-server.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { ArtifactCache } from './artifact-cache.ts';

const signal = new AbortController().signal;
const bytesOf = (size: number, seed: number) => Buffer.alloc(size, `${seed} some content that repeats `);

async function setUp(maxBytes = 1e9) {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await ArtifactServer.start());
  const folder = stack.use(await temporaryFolder());
  const options = { folder: folder.path, maxBytes, hubUrl: server.origin, logger: createLogger('silent') };
  const cache = await ArtifactCache.open(options);
  return { server, folder: folder.path, cache, options, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('an artifact is fetched once, also when many ask for it at once', async () => {
  await using setup = await setUp();
  const { server, cache } = setup;
  const artifact = server.add(bytesOf(1_000_000, 1));
  const held = await Promise.all(Array.from({ length: 5 }, () => cache.hold(artifact, signal)));
  expect(server.requests.length).toBe(1);
  expect(await readFile(held[0]?.path ?? '')).toEqual(bytesOf(1_000_000, 1));
});

test('a download that is cut off goes on where it was', async () => {
  await using setup = await setUp();
  const { server, cache } = setup;
  const artifact = server.add(bytesOf(1_000_000, 1));
  server.cutNext = 2;
  using held = await cache.hold(artifact, signal);
  expect(await readFile(held.path)).toEqual(bytesOf(1_000_000, 1));
  expect(server.requests.length).toBe(3);
  expect(server.requests[0]?.range).toBe(null);
  expect(server.requests[1]?.range).toMatch(/^bytes=[1-9]\d*-$/);
});

test('the next life of the process goes on with a partial file, and is not fooled by a damaged one', async () => {
  await using setup = await setUp();
  const { server, folder, cache } = setup;
  const content = bytesOf(1_000_000, 1);
  const artifact = server.add(content);
  const partial = join(folder, 'partial', artifact.digest.replace('sha256:', ''));
  await writeFile(partial, content.subarray(0, 700_000));
  using first = await cache.hold(artifact, signal);
  expect(server.requests).toMatchObject([{ range: 'bytes=700000-' }]);
  expect(await readFile(first.path)).toEqual(content);

  const other = server.add(bytesOf(1_000_000, 2));
  await writeFile(
    join(folder, 'partial', other.digest.replace('sha256:', '')),
    Buffer.alloc(900_000, 'noise'),
  );
  using second = await cache.hold(other, signal);
  expect(await readFile(second.path)).toEqual(bytesOf(1_000_000, 2));
});

test('a hub without ranges is asked for the whole', async () => {
  await using setup = await setUp();
  const { server, cache } = setup;
  server.hasRanges = false;
  server.cutNext = 1;
  using held = await cache.hold(server.add(bytesOf(500_000, 3)), signal);
  expect(await readFile(held.path)).toEqual(bytesOf(500_000, 3));
});

test('passing failures are tried again, wrong bytes once, and what is not there not at all', async () => {
  await using setup = await setUp();
  const { server, cache } = setup;
  server.failNext = [503];
  server.corruptNext = 1;
  using _held = await cache.hold(server.add(bytesOf(1000, 4)), signal);
  expect(server.requests.length).toBe(3);

  server.corruptNext = 2;
  await expect(cache.hold(server.add(bytesOf(1000, 5)), signal)).rejects.toMatchObject({
    code: 'artifact_unavailable',
  });

  server.requests.length = 0;
  const missing = { ...server.add(bytesOf(10, 6)), url: '/artifacts/gone' };
  await expect(cache.hold(missing, signal)).rejects.toMatchObject({ code: 'artifact_unavailable' });
  expect(server.requests.length).toBe(1);
});

test('nothing is asked of anybody but the hub, whatever address it names or sends to', async () => {
  await using setup = await setUp();
  const { server, cache } = setup;
  await using intranet = await ArtifactServer.start();
  const inside = intranet.add(bytesOf(1000, 1));
  const foreign = { ...inside, url: `${intranet.origin}${inside.url}` };
  await expect(cache.hold(foreign, signal)).rejects.toMatchObject({ code: 'artifact_unavailable' });
  server.redirectTo = intranet.origin;
  await expect(cache.hold(inside, signal)).rejects.toMatchObject({ code: 'artifact_unavailable' });
  expect(server.requests).toHaveLength(1);
  expect(intranet.requests).toEqual([]);
});

test('above the cap the ones longest unused go, but never what a run holds', async () => {
  await using setup = await setUp(2500);
  const { server, cache } = setup;
  const [a, b, c] = [1, 2, 3].map((seed) => server.add(bytesOf(1000, seed)));
  if (!a || !b || !c) throw new Error('three artifacts');
  const heldA = await cache.hold(a, signal);
  (await cache.hold(b, signal))[Symbol.dispose]();
  using _c = await cache.hold(c, signal);
  expect(cache.bytes).toBe(2000);
  server.requests.length = 0;
  (await cache.hold(a, signal))[Symbol.dispose]();
  expect(server.requests.length).toBe(0);
  (await cache.hold(b, signal))[Symbol.dispose]();
  expect(server.requests.length).toBe(1);
  heldA[Symbol.dispose]();
});

test('who gives up waiting stops the download only when nobody else waits', async () => {
  await using setup = await setUp();
  const { server, cache } = setup;
  const artifact = server.add(bytesOf(100_000, 7));
  const impatient = new AbortController();
  const given = cache.hold(artifact, impatient.signal);
  const kept = cache.hold(artifact, signal);
  impatient.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
  expect(await readFile((await kept).path)).toEqual(bytesOf(100_000, 7));
});

test('files that a crash of the machine has torn are fetched again', async () => {
  await using setup = await setUp();
  const { server, cache, options } = setup;
  const artifact = server.add(bytesOf(10_000, 8));
  const { path } = await cache.hold(artifact, signal);
  await writeFile(path, Buffer.alloc(10_000));
  const again = await ArtifactCache.open(options);
  using held = await again.hold(artifact, signal);
  expect(await readFile(held.path)).toEqual(bytesOf(10_000, 8));
});
