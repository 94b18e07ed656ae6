import { type SpawnOptions, spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** A program of this machine ended badly. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code = 'command_failed';
  readonly output: string;

  constructor(command: string, ending: string, output: string) {
    super(`\`${command}\` ${ending}${output ? `:\n${lastLines(output, 20)}` : ''}`);
    this.output = output;
  }
}

export interface CommandOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Milliseconds until the program is killed and the call fails. */
  timeout: number;
  /** Called with each piece of output as it comes. */
  onOutput?: (text: string) => void;
}

/** Runs a program to its end and resolves with everything it wrote. @throws CommandError */
export async function runCommand(command: string, args: string[], options: CommandOptions): Promise<string> {
  const { timeout, onOutput, ...rest } = options;
  const settings: SpawnOptions = { ...rest, stdio: ['ignore', 'pipe', 'pipe'] };
  const child = spawn(command, args, {
    ...settings,
    signal: AbortSignal.timeout(timeout),
    killSignal: 'SIGKILL',
  });
  let output = '';
  const collect = (data: Buffer): void => {
    const text = data.toString();
    output = (output + text).slice(-100_000);
    onOutput?.(text);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  return new Promise((resolve, reject) => {
    const line = [command, ...args].join(' ');
    child.once('error', (error) => {
      const ending = error.name === 'AbortError' ? `took longer than ${timeout / 1000} s` : error.message;
      reject(new CommandError(line, ending, output));
    });
    child.once('close', (code, signal) => {
      if (code === 0) resolve(output);
      else
        reject(new CommandError(line, signal ? `was ended by ${signal}` : `ended with code ${code}`, output));
    });
  });
}

/** The path of a program, or null when it is not installed. The folders of the administrator count even if PATH lacks them. */
export async function findCommand(name: string): Promise<string | null> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  for (const folder of folders.filter((path) => path !== '')) {
    const path = join(folder, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return null;
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
