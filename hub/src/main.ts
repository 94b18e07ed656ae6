import { once } from 'node:events';
import { ConfigError } from './config/errors.ts';
import { readEnv, startHub, toConfig, toSecrets } from './index.ts';

/** After this long an orderly stop is given up. */
const STOP_WITHIN_MS = 20_000;

async function main(): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort(signal));

  const env = readEnv();
  const config = toConfig(env);
  await using hub = await startHub(config, toSecrets(env, config));
  hub.context.log.info({ url: hub.url }, 'the hub takes requests');
  try {
    if (!stop.signal.aborted) await Promise.race([once(stop.signal, 'abort'), hub.failure]);
    hub.context.log.info({ signal: stop.signal.reason }, 'the hub is stopping');
  } finally {
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exitCode = 1;
}
