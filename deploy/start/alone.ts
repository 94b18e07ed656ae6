import { formatSummary, say } from './announce.ts';
import { watchSubmissions } from './demo-content.ts';
import type { EngineChoice } from './engine-choice.ts';
import { StartError } from './errors.ts';
import { PasswordBook } from './passwords.ts';
import type { Settings } from './settings.ts';
import { consoleAddresses } from './site-node.ts';
import { type System, startBare, startDemo } from './system.ts';

/** One hub, with the demonstration or bare. @returns what to tell the person once everything runs */
export async function startAlone(
  system: System,
  settings: Settings,
  engine: EngineChoice,
  signal: AbortSignal,
): Promise<string> {
  const passwords = await PasswordBook.open(settings.home);
  const { username, password } = settings.administrator;
  const administrator = { username, password: password ?? (await passwords.of(username)) };
  say('starting the hub and the portal');
  const hub = await system.startHub(administrator);
  const demo = settings.bare
    ? null
    : await startDemo(system, hub, settings, engine, administrator, passwords);
  const nodes = demo?.nodes ?? (await startBare(system, hub));
  if (demo) {
    say('waiting for the first scores');
    await watchSubmissions(hub.origin, demo.competitions, administrator, signal).catch((error: unknown) => {
      // The portal shows why; that is no reason to stop everything.
      if (!(error instanceof StartError)) throw error;
      say(error.message);
    });
  }
  return formatSummary({
    url: settings.publicUrl,
    engine: `${engine.kind} ${engine.version}`,
    home: settings.home,
    // A password that was given is known, and a secret: only one that was made here is shown.
    administrator: { username, password: password === null ? administrator.password : null },
    consoles: await consoleAddresses(nodes, signal),
    demo,
  });
}
