import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StartError } from './errors.ts';
import { requireWritable } from './home.ts';

test('makes the folder that everything is kept in, or says how to choose another', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weir-home-'));
  try {
    await requireWritable(join(folder, 'a', 'b'));
    await expect(access(join(folder, 'a', 'b'))).resolves.toBeUndefined();
    await writeFile(join(folder, 'file'), '');
    const refused = requireWritable(join(folder, 'file', 'home'));
    await expect(refused).rejects.toThrow(StartError);
    await expect(refused).rejects.toThrow('WEIR_HOME=');
  } finally {
    await rm(folder, { recursive: true });
  }
});
