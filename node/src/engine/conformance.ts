import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerExit, ContainerSpec, Engine, Mount } from './engine.ts';

const run = promisify(execFile);
const MiB = 2 ** 20;

export interface ConformanceSubject {
  open(): Promise<Engine>;
  /** An image with Python 3 and a shell. */
  readonly image: string;
  /** False where limits can only be set for each process, and containers leave nothing behind that could be listed. */
  readonly limitsWholeContainers: boolean;
}

interface Finished {
  readonly exit: ContainerExit;
  readonly stdout: string;
  readonly stderr: string;
}

/** What every engine has to keep of the promises in engine.ts, tried with real containers. */
export function describeEngine(name: string, subject: ConformanceSubject): void {
  describe(`engine ${name}`, { timeout: 60_000 }, () => {
    const node = `conformance-${randomUUID().slice(0, 8)}`;
    let engine: Engine;
    let folder: string;

    beforeAll(async () => {
      engine = await subject.open();
      folder = await mkdtemp(join(tmpdir(), 'weir-conformance-'));
      await chmod(folder, 0o755);
    });

    afterAll(async () => {
      await engine.removeLeftovers(node, new Set());
      await engine[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    });

    async function spec(
      command: readonly string[],
      changes: Partial<ContainerSpec> = {},
    ): Promise<ContainerSpec> {
      return {
        name: `weir-${node}-${randomUUID()}`,
        labels: { node, run: '1', attempt: '1', role: 'prediction' },
        image: await engine.prepareImage(subject.image, AbortSignal.timeout(30_000)),
        command,
        workingDirectory: '/tmp',
        environment: {},
        mounts: [],
        limits: {
          memoryBytes: 256 * MiB,
          cpuMillis: 1_000,
          pids: 64,
          gpus: 0,
          seconds: 60,
          scratchBytes: 16 * MiB,
          fileBytes: 32 * MiB,
        },
        denyLinks: false,
        ...changes,
      };
    }

    async function finish(
      container: ContainerSpec,
      signal = new AbortController().signal,
    ): Promise<Finished> {
      const output = { stdout: '', stderr: '' };
      const exit = await engine.run(container, {
        signal,
        onOutput: (stream, bytes) => {
          output[stream] += Buffer.from(bytes).toString('utf8');
        },
      });
      return { exit, ...output };
    }

    const shell = async (script: string, changes?: Partial<ContainerSpec>) =>
      finish(await spec(['/bin/sh', '-c', script], changes));
    const python = async (script: string, changes?: Partial<ContainerSpec>) =>
      finish(await spec(['python3', '-c', script], changes));

    /** A folder of the host as the contract hands it over: the container's user owns it. */
    async function mountable(target: string, readOnly = false): Promise<Mount> {
      // Folders of data are called whatever their site calls them.
      const name = readOnly ? 'ward: 3' : 'ward "3", north';
      const source = join(folder, `${name} ${randomUUID()}`);
      await mkdir(source);
      if (process.getuid?.() === 0) await chown(source, engine.user.uid, engine.user.gid);
      return { source, target, readOnly };
    }

    it('says what it is', async () => {
      const { kind, version } = await engine.probe();
      expect(kind).toBe(engine.kind);
      expect(version).toMatch(/\d/);
    });

    it.each([0, 1, 3, 255])('reports exit code %i', async (code) => {
      expect((await shell(`exit ${code}`)).exit).toEqual({ kind: 'exited', code });
    });

    it('reports a signal as 128 and its number', async () => {
      expect((await shell('kill -TERM $$')).exit).toEqual({ kind: 'exited', code: 143 });
    });

    it('reports a command that is not found as 127, and one that is not executable as 126', async () => {
      expect((await finish(await spec(['no-such-command']))).exit).toEqual({ kind: 'exited', code: 127 });
      expect((await finish(await spec(['/etc/passwd']))).exit).toEqual({ kind: 'exited', code: 126 });
    });

    it('passes arguments on as they are, without a shell', async () => {
      const odd = ['$HOME', '*', 'a b', `"'`, ''];
      const { stdout } = await finish(
        await spec(['python3', '-c', 'import sys; print(sys.argv[1:])', ...odd]),
      );
      expect(stdout.trim()).toBe(`['$HOME', '*', 'a b', '"\\'', '']`);
    });

    it('keeps stdout and stderr apart and complete', async () => {
      const { exit, stdout, stderr } = await shell('seq 1 20000; echo oh no >&2');
      expect(exit).toEqual({ kind: 'exited', code: 0 });
      expect(stdout.trim().split('\n')).toHaveLength(20_000);
      expect(stdout.endsWith('20000\n')).toBe(true);
      expect(stderr).toBe('oh no\n');
    });

    it('shows mounts, and writes only to those that are writable', async () => {
      const writable = await mountable('/app/output');
      const readOnly = await mountable('/app/input_data', true);
      await writeFile(join(readOnly.source, 'in.txt'), 'given');
      const { stderr, exit } = await shell(
        'cat /app/input_data/in.txt > out.txt && ! touch /app/input_data/x 2>/dev/null',
        { mounts: [writable, readOnly], workingDirectory: '/app/output' },
      );
      expect(stderr).toBe('');
      expect(exit).toEqual({ kind: 'exited', code: 0 });
      expect(await readFile(join(writable.source, 'out.txt'), 'utf8')).toBe('given');
    });

    it('kills on abort, with everything that was started', async () => {
      const { source, target, readOnly } = await mountable('/app/output');
      const abort = new AbortController();
      const script = '(while true; do date +%N > /app/output/alive; done) & echo ready; sleep 600';
      const container = await spec(['/bin/sh', '-c', script], { mounts: [{ source, target, readOnly }] });
      const exit = await engine.run(container, { signal: abort.signal, onOutput: () => abort.abort() });
      expect(exit).toEqual({ kind: 'killed' });
      await rm(join(source, 'alive'), { force: true });
      await new Promise((resolve) => setTimeout(resolve, 200));
      await expect(readFile(join(source, 'alive'))).rejects.toThrow('ENOENT');
    });

    it('kills at whatever moment of the start it is told to', async () => {
      for (const moment of [0, 1, 2, 4, 8, 16, 32, 64]) {
        const abort = new AbortController();
        setTimeout(() => abort.abort(), moment);
        const { exit } = await finish(await spec(['sleep', '1000']), abort.signal);
        expect([moment, exit]).toEqual([moment, { kind: 'killed' }]);
      }
    });

    it('does not start what was aborted before', async () => {
      expect((await finish(await spec(['true']), AbortSignal.abort())).exit).toEqual({ kind: 'killed' });
    });

    it('ends a container that takes more memory than it may', async () => {
      const { exit } = await python('x = b"x" * (1024 * 2**20)');
      expect(exit).toEqual(
        subject.limitsWholeContainers ? { kind: 'out-of-memory' } : { kind: 'exited', code: 1 },
      );
    });

    it('holds off a fork bomb, and leaves none of it', async () => {
      const abort = new AbortController();
      // Its name in the list of processes, where bombs of other engines may be at the same time.
      const name = `bomb-${randomUUID()}`;
      const bomb = await spec(['/bin/sh', '-c', `: ${name}; b() { b | b & b; }; echo go; b; sleep 30`]);
      const timer = setTimeout(() => abort.abort(), 3_000);
      await finish(bomb, abort.signal);
      clearTimeout(timer);
      const { stdout } = await run('ps', ['-e', '-o', 'args']);
      expect(stdout).not.toContain(name);
    });

    it('counts processes', async () => {
      const { stdout } = await python(
        'import os, time\nn = 0\ntry:\n  while n < 500:\n    if os.fork() == 0: time.sleep(30)\n    n += 1\nexcept OSError: print(n)',
      );
      expect(Number(stdout)).toBeGreaterThan(10);
      expect(Number(stdout)).toBeLessThan(64);
    });

    it('reaps what lost its parent', async () => {
      const { stdout } = await shell(
        '(sleep 0.1 &) ; sleep 0.5; cat /proc/[0-9]*/stat | grep -c " Z " ; true',
      );
      expect(stdout.trim()).toBe('0');
    });

    it('has a read-only root with bounded scratch', async () => {
      const root = await shell(
        'for d in / /usr /etc /app /dev /root /opt; do touch $d/x 2>/dev/null && echo $d; done; true',
      );
      expect(root.stdout).toBe('');
      for (const path of ['/tmp', '/var/tmp', '/dev/shm']) {
        const scratch = await shell(
          `echo ok > ${path}/x && cat ${path}/x; df -k --output=size ${path} | tail -1`,
        );
        const [content, size] = scratch.stdout.split('\n');
        expect(content).toBe('ok');
        expect(Number(size)).toBeLessThanOrEqual(128 * 1024);
      }
      const full = await shell('head -c 30M /dev/zero > /tmp/big');
      expect(full.stderr).toContain('No space left');
    });

    it('bounds the size of a file, and writes no core', async () => {
      const { stdout } = await shell(
        'ulimit -c; dd if=/dev/zero of=/app/output/x bs=1M count=40 2>/dev/null; ls -l /app/output/x | cut -d" " -f5',
        {
          mounts: [await mountable('/app/output')],
        },
      );
      expect(stdout.split('\n').slice(0, 2)).toEqual(['0', String(32 * MiB)]);
    });

    it('has no network', async () => {
      const { stdout } = await python(
        'import os, socket\nprint(sorted(os.listdir("/sys/class/net")) if os.path.exists("/sys/class/net") else ["lo"])\n' +
          's = socket.socket(); s.settimeout(2)\ntry: s.connect(("1.1.1.1", 53)); print("connected")\nexcept OSError as e: print("cut off")',
      );
      expect(stdout).toBe("['lo']\ncut off\n");
    });

    it('is an unprivileged user without capabilities or new privileges', async () => {
      const { stdout } = await shell('id -u; id -g; id -G; grep -E "^(Cap|NoNewPrivs)" /proc/self/status');
      const [uid, gid, groups, ...status] = stdout.trim().split('\n');
      expect([uid, gid, groups]).toEqual([
        String(engine.user.uid),
        String(engine.user.gid),
        String(engine.user.gid),
      ]);
      const fields = Object.fromEntries(status.map((line) => line.split(/:\s+/)));
      expect(fields).toEqual({
        CapInh: '0000000000000000',
        CapPrm: '0000000000000000',
        CapEff: '0000000000000000',
        CapBnd: '0000000000000000',
        CapAmb: '0000000000000000',
        NoNewPrivs: '1',
      });
    });

    it('sees nothing of the host: no files, no processes, no environment, no descriptors', async () => {
      const secret = join(folder, `secret-${randomUUID()}`);
      await writeFile(secret, 'secret');
      process.env.WEIR_CONFORMANCE_SECRET = 'secret';
      const { stdout } = await shell(
        `cat ${secret} /etc/shadow 2>/dev/null; ls /root /home /var/lib 2>/dev/null | grep -c weir; env; ls /proc | grep -c '^[0-9]'; ls /proc/self/fd | tr '\\n' ' '`,
        { environment: { GIVEN: 'value' } },
      );
      delete process.env.WEIR_CONFORMANCE_SECRET;
      expect(stdout).not.toContain('secret');
      expect(stdout).toContain('GIVEN=value\n');
      expect(stdout).toContain('HOME=/tmp\n');
      const [descriptors, processes] = stdout.trim().split('\n').reverse();
      expect(Number(processes)).toBeLessThan(8);
      expect(descriptors?.trim()).toBe('0 1 2 3');
    });

    it('keeps nothing of a container for the next one in keyrings of the kernel', async () => {
      const key = `weir-${randomUUID()}`;
      // add_key, then keyctl's search and read, in each keyring that a user has whatever the session.
      const script = `import ctypes, os
arm, system = os.uname().machine == 'aarch64', ctypes.CDLL(None).syscall
add, keyctl = (217, 219) if arm else (248, 250)
for keyring in (-4, -5):
    found = system(keyctl, 10, keyring, b'user', b'${key}', 0)
    print('found' if found > 0 else 'nothing')
    system(add, b'user', b'${key}', b'secret', 6, keyring)
`;
      for (const time of ['first', 'second']) {
        const { stdout } = await finish(await spec(['python3', '-c', script]));
        expect([time, stdout]).toEqual([time, 'nothing\nnothing\n']);
      }
    });

    it('lets nobody make namespaces of their own, in which they would be root and might mount', async () => {
      const script = `import ctypes, os
libc, arm = ctypes.CDLL(None), os.uname().machine == 'aarch64'
user, child = 0x10000000, 17
def clone(flags):
    pid = libc.syscall(220 if arm else 56, flags, 0, 0, 0, 0)
    if pid == 0: os._exit(0)
    return pid
print([call() < 0 for call in [
    lambda: clone(child | user), lambda: libc.unshare(user), lambda: libc.unshare(0x20000), lambda: libc.mount(b't', b'/tmp', b'tmpfs', 0, 0),
]], clone(child) > 0)
`;
      for (const denyLinks of [false, true]) {
        const { stdout } = await finish(await spec(['python3', '-c', script], { denyLinks }));
        expect(stdout).toBe('[True, True, True, True] True\n');
      }
    });

    it('refuses links where it is told to', async () => {
      const mounts = [await mountable('/app/shared')];
      const script =
        'cd /app/shared; echo x > file; for c in "ln -s / s" "ln file h" "mkfifo p"; do $c 2>/dev/null && echo made $c; done; python3 -c "import subprocess, threading; t = threading.Thread(target=print, args=[1]); t.start(); t.join(); print(subprocess.call([\'true\']))"';
      expect((await shell(script, { mounts, denyLinks: true })).stdout).toBe('1\n0\n');
      await rm(mounts[0]!.source, { recursive: true });
      await mkdir(mounts[0]!.source, { mode: 0o777 });
      await chmod(mounts[0]!.source, 0o777);
      expect((await shell('cd /app/shared; ln -s / s && echo made', { mounts })).stdout).toBe('made\n');
    });

    it('keeps its memory while a container prints without end', async () => {
      const abort = new AbortController();
      const before = process.memoryUsage().rss;
      let bytes = 0;
      const exit = await engine.run(await spec(['/bin/sh', '-c', 'yes']), {
        signal: abort.signal,
        onOutput: (_stream, chunk) => {
          bytes += chunk.length;
          if (bytes > 2 * MiB && bytes - chunk.length <= 2 * MiB) setTimeout(() => abort.abort(), 3_000);
        },
      });
      expect(exit).toEqual({ kind: 'killed' });
      expect(process.memoryUsage().rss - before).toBeLessThan(150 * MiB);
    });

    it('runs several at once', async () => {
      const ended = await Promise.all([1, 2, 3, 4].map((code) => shell(`sleep 0.2; exit ${code}`)));
      expect(ended.map(({ exit }) => exit)).toEqual([1, 2, 3, 4].map((code) => ({ kind: 'exited', code })));
    });

    it.runIf(subject.limitsWholeContainers)('removes leftovers of this node alone', async () => {
      const abort = new AbortController();
      const kept = await spec(['sleep', '60']);
      const left = await spec(['sleep', '60']);
      const ended = [kept, left].map((container) =>
        finish(container, abort.signal).catch((error: unknown) => error),
      );
      const other = await engine.removeLeftovers(`${node}-other`, new Set());
      expect(other).toEqual([]);
      await expect
        .poll(() => engine.removeLeftovers(node, new Set([kept.name])), { timeout: 10_000 })
        .toEqual([left.name]);
      abort.abort();
      await Promise.all(ended);
      expect(await engine.removeLeftovers(node, new Set())).toEqual([]);
      // What is gone is not missed.
      await engine.remove(node, new Set([kept.name]));
    });
  });
}
