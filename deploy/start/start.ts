import { dirname } from 'node:path';
import { startAlone } from './alone.ts';
import { say } from './announce.ts';
import { chooseEngine } from './engine-choice.ts';
import { StartError } from './errors.ts';
import { startFederation } from './federation/federation.ts';
import { federatedSettings } from './federation/plans.ts';
import { requireWritable } from './home.ts';
import { requireFree } from './ports.ts';
import { buildProject } from './project-build.ts';
import { readSettings, USAGE } from './settings.ts';
import { StoppedError, stopSignal } from './stop-signal.ts';
import { System } from './system.ts';

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
  const places = settings.federation ? federatedSettings(settings) : [settings];
  let systems: System[] = [];
  const signal = stopSignal(() => {
    say('killing everything');
    for (const system of systems) system.kill();
    process.exit(130);
  });
  await requireWritable(settings.home);
  for (const { http, grpc } of places) {
    await requireFree('WEIR_HTTP', http);
    await requireFree('WEIR_GRPC', grpc);
  }
  const engine = await chooseEngine(process.env, say);
  say('building (the first time this takes a minute)');
  await buildProject(project);
  if (settings.bare && engine.kind === 'bubblewrap') {
    say(
      'no Docker or Podman answers: programs run on the files of this machine, whatever image a competition names',
    );
  }

  signal.throwIfAborted();
  systems = places.map((place) => new System(place, project, engine, signal));
  await using running = new AsyncDisposableStack();
  running.defer(async () => {
    await Promise.all(systems.map((system) => system[Symbol.asyncDispose]()));
  });
  const summary = settings.federation
    ? await startFederation(systems, settings, engine, signal)
    : await startAlone(systems[0]!, settings, engine, signal);
  console.log(summary);
  console.log(`ready ${settings.publicUrl}`);
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  say('stopping (press Ctrl-C again to kill)');
}
