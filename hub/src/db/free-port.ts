import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below those that systems give to outgoing connections: one of these could take a port between its choice and its use. Above 10080, the last of those that
 * browsers and `fetch` never connect to.
 */
const [LOWEST, HIGHEST] = [10_081, 32_000];
const MOST_TRIES = 100;

/** A port of the loopback interface that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const port = randomInt(LOWEST, HIGHEST);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
  throw new Error(
    `none of ${MOST_TRIES} ports of 127.0.0.1 between ${LOWEST} and ${HIGHEST} can be listened on`,
  );
}
