import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ContainerSpec, ContainerUser, ContainerWatch } from '../engine.ts';
import { launchCommand } from '../local/launch.ts';
import { forwardPaced } from '../local/paced-output.ts';
import { type HostPath, PATH, sandboxArguments } from './sandbox-arguments.ts';
import { systemCallFilter } from './system-call-filter.ts';

/** The descriptors that bwrap inherits after stdin, stdout and stderr. */
const descriptors = { status: 3, passwd: 4, group: 5, hosts: 6, seccomp: 7 } as const;
const LAST_WORDS = 500;

export interface SandboxHost {
  readonly user: ContainerUser;
  readonly software: readonly HostPath[];
  /** See Cgroup.entrances; null where there are no control groups. */
  readonly entrances: readonly string[] | null;
}

export interface SandboxEnd {
  readonly code: number | null;
  /** False when bwrap failed before, or was killed while, the command ran. */
  readonly commandEnded: boolean;
  /** The end of stderr: what bwrap complained of, when nothing was started. */
  readonly lastWords: string;
}

/** A running bwrap, from its start to the end of its output. */
export class SandboxProcess {
  readonly ended: Promise<SandboxEnd>;
  readonly #child: ReturnType<typeof spawn>;
  #lastWords: Uint8Array = new Uint8Array();

  constructor(spec: ContainerSpec, host: SandboxHost, watch: ContainerWatch) {
    const last = descriptors.seccomp;
    const sandbox = sandboxArguments(spec, {
      ...descriptors,
      ...host,
      asRoot: process.getuid?.() === 0,
      countProcesses: host.entrances === null,
    });
    const [command = '', ...rest] = launchCommand(['bwrap', ...sandbox], spec.limits, last, host.entrances);
    const inherited = Array.from({ length: last - 2 }, () => 'pipe' as const);
    this.#child = spawn(command, rest, { env: { PATH }, stdio: ['ignore', 'pipe', 'pipe', ...inherited] });
    this.#feed(descriptors.passwd, `weir:x:${host.user.uid}:${host.user.gid}:weir:/tmp:/bin/sh\n`);
    this.#feed(descriptors.group, `weir:x:${host.user.gid}:\n`);
    this.#feed(descriptors.hosts, '127.0.0.1 localhost\n::1 localhost\n');
    this.#feed(descriptors.seccomp, systemCallFilter(process.arch, spec.denyLinks));
    this.ended = this.#follow(watch);
  }

  /** With the outer bwrap, the kernel kills the first process of the sandbox, and with that every other. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #follow(watch: ContainerWatch): Promise<SandboxEnd> {
    const closed = once(this.#child, 'close') as Promise<[number | null]>;
    const [[code], progress] = await Promise.all([
      closed,
      text(this.#pipe<Readable>(descriptors.status)),
      forwardPaced(this.#pipe<Readable>(1), (bytes) => watch.onOutput('stdout', bytes)),
      forwardPaced(this.#pipe<Readable>(2), (bytes) => {
        this.#lastWords = bytes;
        watch.onOutput('stderr', bytes);
      }),
    ]);
    const lastWords = Buffer.from(this.#lastWords).toString('utf8').slice(-LAST_WORDS).trim();
    return { code, commandEnded: progress.includes('"exit-code"'), lastWords };
  }

  #feed(descriptor: number, content: string | Uint8Array): void {
    const pipe = this.#pipe<Writable>(descriptor);
    // bwrap may end without having read it, which is not an error of its own.
    pipe.on('error', () => undefined);
    pipe.end(content);
  }

  #pipe<End extends Readable | Writable>(descriptor: number): End {
    const pipes: readonly unknown[] = this.#child.stdio;
    return pipes[descriptor] as End;
  }
}
