import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Child } from './child.ts';

const patience = { timeout: 10_000, interval: 20 };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-child-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function childRunning(program: string, said: string[] = []): Promise<Child> {
  const script = join(folder, 'program.mjs');
  await writeFile(script, program);
  return new Child({ title: 'program', script, log: join(folder, 'log') }, (text) => said.push(text));
}

const log = (): Promise<string> => readFile(join(folder, 'log'), 'utf8').catch(() => '');

test('asks a process to end and waits for it', async () => {
  const child = await childRunning(
    `console.log('up'); setInterval(() => {}, 1000); process.on('SIGTERM', () => { console.log('bye'); process.exit(); });`,
  );
  child.start();
  await vi.waitFor(async () => expect(await log()).toBe('up\n'), patience);
  await child.stop(5_000);
  expect(await log()).toBe('up\nbye\n');
});

test('kills a process that does not listen', async () => {
  const child = await childRunning(
    `console.log(process.pid); setInterval(() => {}, 1000); process.on('SIGTERM', () => {});`,
  );
  child.start();
  await vi.waitFor(async () => expect(await log()).not.toBe(''), patience);
  await child.stop(100);
  expect(isAlive(Number(await log()))).toBe(false);
});

test('starts a process again that has died, and says so', async () => {
  const said: string[] = [];
  const child = await childRunning(`console.log('up'); process.exit(3);`, said);
  child.start();
  await vi.waitFor(async () => expect(await log()).toBe('up\nup\n'), patience);
  await child.stop(1_000);
  expect(said[0]).toContain('program ended (code 3); starting it again in 1 s');
});

test('does not start a process again that it has stopped', async () => {
  const child = await childRunning(`console.log('up'); setInterval(() => {}, 1000);`);
  child.start();
  await vi.waitFor(async () => expect(await log()).toBe('up\n'), patience);
  await child.stop(5_000);
  expect(child.deaths).toBe(0);
});

test('ends with its parent, however that ended', async () => {
  const program = join(folder, 'program.mjs');
  await writeFile(program, `console.log(process.pid); setInterval(() => {}, 1000);`);
  const parent = join(folder, 'parent.ts');
  await writeFile(
    parent,
    `import { Child } from ${JSON.stringify(join(import.meta.dirname, 'child.ts'))};
     new Child({ title: 'program', script: ${JSON.stringify(program)}, log: ${JSON.stringify(join(folder, 'log'))} }, () => {}).start();`,
  );
  const running = spawn(process.execPath, [parent], { stdio: 'ignore' });
  await vi.waitFor(async () => expect(await log()).not.toBe(''), patience);
  running.kill('SIGKILL');
  await once(running, 'exit');
  const pid = Number(await log());
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), patience);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
