import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyBundle, pathsOf } from '../testing/any-bundle.ts';
import { PIXEL, readFiles } from '../testing/bundle.ts';
import { writeBundle } from './write-bundle.ts';

test('every bundle reads as it was written', async () => {
  await fc.assert(
    fc.asyncProperty(anyBundle(), async (bundle) => {
      const texts = Object.fromEntries(writeBundle(bundle).map(({ name, content }) => [name, content]));
      const data = Object.fromEntries(pathsOf(bundle).map((path) => [path, 'PK']));
      const image = bundle.image === null ? {} : { [bundle.image]: PIXEL };
      const read = await readFiles({ ...texts, ...data, ...image });
      expect(read.problems).toEqual([]);
      expect(read.bundle).toEqual(bundle);
    }),
    { numRuns: 150 },
  );
}, 60_000);
