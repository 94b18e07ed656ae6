import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { styleText } from 'node:util';
import { runCommand } from '../../deploy/host/commands.ts';
import { BASE_IMAGE_NAME, ensureBaseImage } from '../../deploy/images/base.ts';
import { stopSignal } from '../../deploy/start/stop-signal.ts';
import { openDocker, type TestDocker } from './private-docker.ts';
import { openPodman } from './private-podman.ts';
import { openSlurm } from './private-slurm.ts';
import { ensureTools, findChromium } from './requirements.ts';
import { runStage } from './stage-run.ts';
import { chooseStages, type Stage } from './stages.ts';
import { addCounts, type Counts, nothing } from './vitest-report.ts';

const project = dirname(dirname(import.meta.dirname));
/** Minutes for everything: the limit of continuous integration is 40, and it is better to say what was still running than to be killed. */
const LIMIT = 38;

try {
  const chosen = chooseStages(process.argv.slice(2));
  const { failed } = await runAll(chosen);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
process.exit();

async function runAll(chosen: Stage[]): Promise<Counts> {
  const signal = AbortSignal.any([stopSignal(() => process.exit(130)), AbortSignal.timeout(LIMIT * 60_000)]);
  const needs = new Set(chosen.flatMap((stage) => stage.needs));
  heading('Preparing');
  await ensureTools(needs);
  await runCommand('turbo', ['run', 'generate', '--output-logs=errors-only'], {
    cwd: project,
    timeout: 5 * 60_000,
  });
  const scratch = await mkdtemp(join(tmpdir(), 'weir-test-'));
  await using docker = needs.has('docker') ? await withImage(openDocker) : null;
  await using podman = needs.has('podman') ? await withImage(openPodman) : null;
  await using slurm = needs.has('slurm') ? await openSlurm() : null;
  const env = {
    ...process.env,
    ...(docker ? { DOCKER_HOST: docker.host, WEIR_TEST_IMAGE: BASE_IMAGE_NAME } : {}),
    ...(podman ? { WEIR_TEST_PODMAN: podman.host } : {}),
    ...(slurm ? { WEIR_TEST_SLURM: slurm.config } : {}),
    ...(needs.has('chromium') ? { WEIR_TEST_CHROMIUM: (await findChromium()) ?? '' } : {}),
  };
  const results: { stage: Stage; counts: Counts; seconds: number }[] = [];
  for (const stage of chosen) {
    heading(stage.title);
    const started = Date.now();
    const counts = await runStage(stage, { project, scratch, env, signal });
    if (signal.aborted) console.log(`Stopped: everything together took longer than ${LIMIT} minutes.`);
    results.push({ stage, counts, seconds: (Date.now() - started) / 1000 });
  }
  await rm(scratch, { recursive: true, force: true });
  const total = results.reduce<Counts>((sum, { counts }) => addCounts(sum, counts), nothing);
  if (total.failures.length > 0) heading('What failed');
  for (const failure of total.failures) console.log(`${failure}\n`);
  heading('Summary');
  for (const { stage, counts, seconds } of results) {
    const colour = counts.failed === 0 ? 'green' : 'red';
    const row = `${stage.name.padEnd(10)} ${String(counts.passed).padStart(5)} passed ${String(counts.failed).padStart(5)} failed`;
    console.log(`${styleText(colour, row)} ${seconds.toFixed(0).padStart(6)} s`);
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  return total;
}

async function withImage(open: () => Promise<TestDocker>): Promise<TestDocker> {
  const engine = await open();
  try {
    await ensureBaseImage(engine.docker, { onStep: (text) => console.log(text) });
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
  return engine;
}

function heading(text: string): void {
  console.log(`\n${styleText('bold', `── ${text} ${'─'.repeat(Math.max(0, 90 - text.length))}`)}\n`);
}
