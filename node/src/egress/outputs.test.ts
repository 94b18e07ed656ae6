import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { OutputKind, OutputSlotSchema } from '@weir/proto/node/v1';
import { expect, test } from 'vitest';
import { createLogger } from '../logging/logger.ts';
import { ArtifactServer } from '../testing/artifact-server.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { deliverOutput } from './outputs.ts';

test('an output goes to the hub and to nobody else, whatever place the hub names or sends it on to', async () => {
  await using hub = await ArtifactServer.start();
  await using intranet = await ArtifactServer.start();
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'report.html');
  await writeFile(path, '<p>');
  const deliver = async (url: string) => {
    const slot = create(OutputSlotSchema, { kind: OutputKind.DETAILED_RESULT, url, maxBytes: 1000n });
    const deps = { hubUrl: hub.origin, logger: createLogger('silent'), signal: AbortSignal.timeout(30_000) };
    return await deliverOutput({ slot, path, contentType: 'text/html' }, deps);
  };
  expect(await deliver('/out')).toBe(true);
  expect(await deliver(`${intranet.origin}/out`)).toBe(false);
  hub.redirectTo = intranet.origin;
  expect(await deliver('/out')).toBe(false);
  expect(hub.requests).toHaveLength(2);
  expect(intranet.requests).toEqual([]);
});
