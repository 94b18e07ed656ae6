import { CommandError, runCommand } from '../host/commands.ts';
import { StartError } from './errors.ts';

/** Generates the protocol and builds the portal; a matter of a second when nothing has changed. */
export async function buildProject(folder: string): Promise<void> {
  try {
    await runCommand('turbo', ['run', 'generate', 'build', '--output-logs=errors-only'], {
      cwd: folder,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', FORCE_COLOR: '0' },
      timeout: 15 * 60_000,
    });
  } catch (error) {
    if (error instanceof CommandError) throw new StartError(`The build failed.\n${error.output}`);
    throw error;
  }
}
