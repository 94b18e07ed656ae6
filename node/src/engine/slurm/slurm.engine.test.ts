import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { describeEngine } from '../conformance.ts';
import type { ContainerLimits, ContainerSpec, Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';
import { openTestSlurm } from '../testing/test-engines.ts';
import { JobFolder } from './job-folder.ts';

const run = promisify(execFile);
const jobs = await mkdtemp(join(tmpdir(), 'weir-slurm-jobs-'));
afterAll(() => rm(jobs, { recursive: true, force: true }));

describeEngine('slurm', { open: () => openTestSlurm(jobs), image: 'any', limitsWholeContainers: true });

describe('a job', { timeout: 30_000 }, () => {
  it('is adopted by the next life of the node, with its whole output and its time so far', async () => {
    await using engine = await openTestSlurm(jobs);
    const adopted = await spec(engine, ['sh', '-c', 'echo early; sleep 2; echo late; exit 7']);
    await killOnceItPrints(adopted);
    const began = Date.now();
    const { exit, output, since } = await finish(engine, adopted);
    expect(exit).toEqual({ kind: 'exited', code: 7 });
    expect(output).toBe('early\nlate\n');
    expect(since?.getTime()).toBeLessThan(began);
  });

  it('is adopted also when it has ended, which is not late', async () => {
    await using engine = await openTestSlurm(jobs);
    const adopted = await spec(engine, ['sh', '-c', 'echo early; sleep 1; exit 3']);
    await killOnceItPrints(adopted);
    const folder = new JobFolder(jobs, adopted.name);
    await expect.poll(() => folder.exit(), { timeout: 10_000 }).not.toBe(null);
    const { exit, output, since } = await finish(engine, adopted);
    expect([exit, output, since]).toEqual([{ kind: 'exited', code: 3 }, 'early\n', undefined]);
  });

  it('is submitted once Slurm answers again', async () => {
    const outage = join(jobs, 'outage');
    await using engine = await openTestSlurm(jobs, await commandsThatFailWhile(outage));
    const container = await spec(engine, ['true']);
    await writeFile(outage, '');
    const finished = finish(engine, container);
    await expect.poll(() => readFile(outage, 'utf8'), { timeout: 10_000 }).toContain('squeue');
    await rm(outage);
    expect((await finished).exit).toEqual({ kind: 'exited', code: 0 });
  });

  it('ends well while Slurm does not answer', async () => {
    const outage = join(jobs, 'outage');
    await using engine = await openTestSlurm(jobs, await commandsThatFailWhile(outage));
    const abort = new AbortController();
    const container = await spec(engine, ['sh', '-c', 'echo ready; sleep 60']);
    const running = finish(
      engine,
      container,
      abort.signal,
      () => void writeFile(outage, '').then(() => abort.abort()),
    );
    expect((await running).exit).toEqual({ kind: 'killed' });
    await rm(outage);
  });

  it('that somebody cancels at the cluster is the fault of the site', async () => {
    await using engine = await openTestSlurm(jobs);
    const container = await spec(engine, ['sh', '-c', 'echo ready; sleep 60']);
    const cancel = () => void execFile('scancel', ['--name', container.name], { env: slurmEnvironment });
    await expect(finish(engine, container, undefined, cancel)).rejects.toThrow(EngineError);
  });

  it('that the cluster can never start is refused at once', async () => {
    await using engine = await openTestSlurm(jobs);
    const container = await spec(engine, ['true'], { memoryBytes: 2 ** 50 });
    await expect(finish(engine, container)).rejects.toThrow('Slurm does not take the job');
    const gpus = await spec(engine, ['true'], { gpus: 1 });
    await expect(finish(engine, gpus)).rejects.toThrow(EngineError);
  });

  it('that starts after it was given up does nothing', async () => {
    const folder = new JobFolder(jobs, `weir-slurm-${randomUUID()}`);
    await using engine = await openTestSlurm(jobs);
    const order = { spec: await spec(engine, ['true']), inner: { kind: 'bubblewrap', root: null } } as const;
    await folder.make(order);
    expect(await folder.tryClaim('node')).toBe(true);
    const runner = new URL('./job-runner.ts', import.meta.url).pathname;
    await run(process.execPath, [runner, jobs, folder.path.split('/').at(-1) ?? '']);
    expect(await folder.exit()).toBe(null);
    await folder.remove();
  });
});

const slurmEnvironment = { ...process.env, SLURM_CONF: process.env.WEIR_TEST_SLURM };

async function spec(
  engine: Engine,
  command: string[],
  limits: Partial<ContainerLimits> = {},
): Promise<ContainerSpec> {
  return {
    name: `weir-slurm-${randomUUID()}`,
    labels: { node: 'slurm', run: '1', attempt: '1', role: 'prediction' },
    image: await engine.prepareImage('any', AbortSignal.timeout(1_000)),
    command,
    workingDirectory: '/tmp',
    environment: {},
    mounts: [],
    limits: {
      memoryBytes: 2 ** 28,
      cpuMillis: 1000,
      pids: 16,
      gpus: 0,
      seconds: 60,
      scratchBytes: 2 ** 20,
      fileBytes: 2 ** 20,
      ...limits,
    },
    denyLinks: false,
  };
}

async function finish(
  engine: Engine,
  container: ContainerSpec,
  signal = new AbortController().signal,
  onOutput = () => {},
) {
  let output = '';
  let since: Date | undefined;
  const exit = await engine.run(container, {
    signal,
    onStarted: (at) => {
      since = at;
    },
    onOutput: (_stream, bytes) => {
      output += Buffer.from(bytes).toString();
      onOutput();
    },
  });
  return { exit, output, since };
}

/** A folder of commands that fail, as with the controller out of reach, while a file exists, and note there that they were tried. */
async function commandsThatFailWhile(outage: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-slurm-commands-'));
  for (const command of ['sbatch', 'squeue', 'scancel']) {
    const script = `#!/bin/sh
if [ -e '${outage}' ]; then
  echo ${command} >> '${outage}'
  echo '${command}: error: Unable to contact slurm controller (connect failure)' >&2
  exit 1
fi
exec /usr/bin/${command} "$@"
`;
    await writeFile(join(folder, command), script, { mode: 0o755 });
  }
  return folder;
}

/** Runs the container from another process, a node that is then killed with its job running. */
async function killOnceItPrints(container: ContainerSpec): Promise<void> {
  const program = `
    const { openTestSlurm } = await import(${JSON.stringify(new URL('../testing/test-engines.ts', import.meta.url).href)});
    const engine = await openTestSlurm(${JSON.stringify(jobs)});
    await engine.run(${JSON.stringify(container)}, {
      signal: new AbortController().signal,
      onOutput: (stream, bytes) => process.stdout.write(bytes),
    });`;
  const node = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(node.stdout, 'data');
  node.kill('SIGKILL');
  await once(node, 'exit');
}
