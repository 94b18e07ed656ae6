import { once } from 'node:events';
import { createServer } from 'node:net';
import { StartError } from './errors.ts';
import { type Address, formatAddress } from './settings.ts';

/** A port of the loopback interface that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return address.port;
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
