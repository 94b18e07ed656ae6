import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePort, requireFree } from './ports.ts';

test('finds a port that can be listened on', async () => {
  await expect(
    requireFree('WEIR_HTTP', { host: '127.0.0.1', port: await freePort() }),
  ).resolves.toBeUndefined();
});

test('says who is in the way, and how to go around', async () => {
  const port = await freePort();
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  await expect(requireFree('WEIR_HTTP', { host: '127.0.0.1', port })).rejects.toThrow(
    /is taken by another program.*WEIR_HTTP=127\.0\.0\.1:\d+ npm start/,
  );
  server.close();
});
