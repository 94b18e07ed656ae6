import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { StartError } from './errors.ts';
import { type Address, formatAddress } from './settings.ts';

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

/** Says who is in the way before anything is started. @throws StartError */
export async function requireFree(variable: string, address: Address): Promise<void> {
  const server = createServer().listen(address.port, address.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const problem =
      reason === 'EADDRINUSE' ? 'is taken by another program (another start?)' : `cannot be used (${reason})`;
    const other = formatAddress({ host: address.host, port: (address.port % 65_000) + 10 });
    throw new StartError(
      `${formatAddress(address)} ${problem}. Stop that program, or choose another address: ${variable}=${other} npm start`,
    );
  }
  server.close();
  await once(server, 'close');
}
