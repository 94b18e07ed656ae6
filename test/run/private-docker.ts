import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Docker from 'dockerode';
import { findCommand } from '../../deploy/host/commands.ts';

/** A container engine for the tests. */
export interface TestDocker extends AsyncDisposable {
  /** As in DOCKER_HOST. */
  host: string;
  docker: Docker;
}

/** The engine of DOCKER_HOST when that is set, else a private one that is gone at the end, images and all. */
export async function openDocker(): Promise<TestDocker> {
  if (process.env.DOCKER_HOST) {
    return { host: process.env.DOCKER_HOST, docker: new Docker(), [Symbol.asyncDispose]: async () => {} };
  }
  const folder = await mkdtemp(join(tmpdir(), 'weir-docker-'));
  const socketPath = join(folder, 'docker.sock');
  const daemon = await startDaemon(folder, socketPath);
  const engine: TestDocker = {
    host: `unix://${socketPath}`,
    docker: new Docker({ socketPath }),
    [Symbol.asyncDispose]: async () => {
      await stop(daemon);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  try {
    await untilItAnswers(engine.docker, daemon);
  } catch (error) {
    const log = await readFile(join(folder, 'dockerd.log'), 'utf8');
    await engine[Symbol.asyncDispose]();
    throw new Error(`A private dockerd did not come up:\n${log.split('\n').slice(-20).join('\n')}`, {
      cause: error,
    });
  }
  return engine;
}

/** Containers of the tests have no network, so the engine needs neither a bridge nor rights over the firewall. */
async function startDaemon(folder: string, socketPath: string): Promise<ChildProcess> {
  const program = await findCommand('dockerd');
  if (program === null) throw new Error('dockerd is not installed');
  const log = openSync(join(folder, 'dockerd.log'), 'a');
  const daemon = spawn(
    program,
    [
      '--iptables=false',
      '--bridge=none',
      `--host=unix://${socketPath}`,
      `--data-root=${join(folder, 'data')}`,
      `--exec-root=${join(folder, 'exec')}`,
      `--pidfile=${join(folder, 'dockerd.pid')}`,
    ],
    { stdio: ['ignore', log, log], detached: true },
  );
  closeSync(log);
  // Also when this process leaves without disposing anything.
  process.once('exit', () => daemon.kill('SIGTERM'));
  return daemon;
}

async function untilItAnswers(docker: Docker, daemon: ChildProcess): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline && daemon.exitCode === null) {
    const answered = await docker.ping().then(
      () => true,
      () => false,
    );
    if (answered) return;
    await delay(200);
  }
  throw new Error(daemon.exitCode === null ? 'no answer within 60 s' : `ended with code ${daemon.exitCode}`);
}

async function stop(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const ended = once(daemon, 'exit');
  daemon.kill('SIGTERM');
  const inTime = await Promise.race([ended.then(() => true), delay(20_000, false, { ref: false })]);
  if (!inTime) daemon.kill('SIGKILL');
}
