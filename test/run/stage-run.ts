import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage, StageCommand } from './stages.ts';
import { addCounts, type Counts, nothing, readReport } from './vitest-report.ts';

export interface StageContext {
  /** Folder of the project. */
  project: string;
  /** Folder for reports. */
  scratch: string;
  env: NodeJS.ProcessEnv;
  /** Ends everything: the person's Ctrl-C, or the time limit over all stages. */
  signal: AbortSignal;
}

/** Runs the commands of a stage, each to its end, and counts. A command that is no test runner counts as one test. */
export async function runStage(stage: Stage, context: StageContext): Promise<Counts> {
  const limit = AbortSignal.timeout(stage.limit * 60_000);
  const signal = AbortSignal.any([limit, context.signal]);
  let counts = nothing;
  for (const command of stage.commands) {
    counts = addCounts(counts, await runStageCommand(command, { ...context, signal }));
    if (limit.aborted) console.log(`Stopped after ${stage.limit} minutes.`);
  }
  return counts;
}

async function runStageCommand(command: StageCommand, context: StageContext): Promise<Counts> {
  if (command.kind === 'check') {
    const succeeded = await run(command.program, command.args, command.folder, context);
    const failures = [`${command.program} ${command.args.join(' ')}`];
    return succeeded ? { ...nothing, passed: 1 } : { passed: 0, failed: 1, failures };
  }
  const { folder, project } = command;
  if (!existsSync(join(context.project, folder, 'vitest.config.ts'))) {
    return { passed: 0, failed: 1, failures: [`${folder} has no vitest.config.ts`] };
  }
  const report = join(context.scratch, `${folder}-${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const args = ['run', '--project', project, '--passWithNoTests', ...reporters];
  return readReport(report, await run('vitest', args, folder, context));
}

/** Resolves with whether the program ended well. When time is over, it and everything it has started is killed. */
async function run(program: string, args: string[], folder: string, context: StageContext): Promise<boolean> {
  if (context.signal.aborted) return false;
  const child = spawn(program, args, {
    cwd: join(context.project, folder),
    env: context.env,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  const kill = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  context.signal.addEventListener('abort', kill, { once: true });
  try {
    const [code] = await once(child, 'exit');
    return code === 0;
  } finally {
    context.signal.removeEventListener('abort', kill);
  }
}
