import { dirname } from 'node:path';
import { formatSummary, say } from './announce.ts';
import { watchSubmissions } from './demo-content.ts';
import { chooseEngine } from './engine-choice.ts';
import { StartError } from './errors.ts';
import { requireWritable } from './home.ts';
import { PasswordBook } from './passwords.ts';
import { requireFree } from './ports.ts';
import { buildProject } from './project-build.ts';
import { readSettings, USAGE } from './settings.ts';
import type { SiteNode } from './site-node.ts';
import { StoppedError, stopSignal } from './stop-signal.ts';
import { System, startBare, startDemo } from './system.ts';
import { waitFor } from './waiting.ts';

const project = dirname(dirname(import.meta.dirname));

if (process.argv.includes('--help')) {
  console.log(USAGE);
} else {
  try {
    await start();
    say('stopped');
  } catch (error) {
    if (error instanceof StartError) console.error(`\n${error.message}`);
    else if (error instanceof StoppedError) say('stopped');
    else console.error(error);
    process.exitCode = error instanceof StoppedError ? 0 : 1;
  }
  // Keep-alive connections and the channel to the parent would hold the process up.
  process.exit();
}

async function start(): Promise<void> {
  const settings = readSettings(process.argv.slice(2), process.env, project);
  let system: System | null = null;
  const signal = stopSignal(() => {
    say('killing everything');
    system?.kill();
    process.exit(130);
  });
  await requireWritable(settings.home);
  await requireFree('WEIR_HTTP', settings.http);
  await requireFree('WEIR_GRPC', settings.grpc);
  const engine = await chooseEngine(process.env, say);
  say('building (the first time this takes a minute)');
  await buildProject(project);
  if (settings.bare && engine.kind === 'bubblewrap') {
    say(
      'no Docker or Podman answers: programs run on the files of this machine, whatever image a competition names',
    );
  }
  const passwords = await PasswordBook.open(settings.home);
  const { username, password } = settings.administrator;
  const administrator = { username, password: password ?? (await passwords.of(username)) };

  signal.throwIfAborted();
  system = new System(settings, project, engine, signal);
  await using running = system;
  say('starting the hub and the portal');
  const hub = await running.startHub(administrator);
  const demo = settings.bare
    ? null
    : await startDemo(running, hub, settings, engine, administrator, passwords);
  const nodes = demo?.nodes ?? (await startBare(running, hub));
  if (demo) {
    say('waiting for the first scores');
    await watchSubmissions(hub.origin, demo.competitions, administrator, signal).catch((error: unknown) => {
      // The portal shows why; that is no reason to stop everything.
      if (!(error instanceof StartError)) throw error;
      say(error.message);
    });
  }
  console.log(
    formatSummary({
      url: settings.publicUrl,
      engine: `${engine.kind} ${engine.version}`,
      home: settings.home,
      // A password that was given is known, and a secret: only one that was made here is shown.
      administrator: { username, password: password === null ? administrator.password : null },
      consoles: await consoleAddresses(nodes, signal),
      demo,
    }),
  );
  console.log(`ready ${settings.publicUrl}`);
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  say('stopping (press Ctrl-C again to kill)');
}

/** A node opens its console after it has dialled the hub. */
function consoleAddresses(
  nodes: SiteNode[],
  signal: AbortSignal,
): Promise<{ title: string; address: string }[]> {
  return Promise.all(
    nodes.map(async (node) => ({
      title: node.title,
      address: await waitFor(
        { until: `the console of ${node.title}`, timeout: 30_000, signal },
        node.consoleAddress.bind(node),
      ),
    })),
  );
}
