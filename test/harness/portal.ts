import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TestProcess } from './test-process.ts';
import { waitFor } from './wait-for.ts';

const BUILT = fileURLToPath(new URL('../../web/build/index.js', import.meta.url));

export interface PortalOptions {
  readonly folder: string;
  readonly port: number;
  readonly hubUrl: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The built portal behind a hub; people reach it through the hub alone. */
export async function startPortal({ folder, port, hubUrl, env }: PortalOptions): Promise<AsyncDisposable> {
  if (!existsSync(BUILT)) throw new Error('the portal is not built: npm run build');
  const process = new TestProcess({
    title: 'the portal',
    script: BUILT,
    env: { HOST: '127.0.0.1', PORT: String(port), ORIGIN: hubUrl, WEIR_HUB_URL: hubUrl, ...env },
    log: join(folder, 'portal.log'),
  });
  process.start();
  await waitFor(
    'the start page',
    async () => (process.isRunning ? (await fetch(hubUrl)).status : process.lastWords()),
    (answer) => answer === 200 || typeof answer === 'string',
  );
  process.assertRunning();
  return {
    async [Symbol.asyncDispose]() {
      if (process.isRunning) await process.stop();
    },
  };
}
