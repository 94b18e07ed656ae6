import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { Cgroup, findCgroups, listCgroups } from './cgroup.ts';

const limits = {
  memoryBytes: 2 ** 28,
  cpuMillis: 1500,
  pids: 64,
  gpus: 0,
  seconds: 1,
  scratchBytes: 1,
  fileBytes: 1,
};

/** A hierarchy of ordinary files: the kernel's own would have them made in each group. */
async function unified(root: string, controllers = 'cpuset cpu io memory hugetlb pids'): Promise<void> {
  await mkdir(root, { recursive: true });
  await writeFile(join(root, 'cgroup.controllers'), `${controllers}\n`);
  await writeFile(join(root, 'cgroup.subtree_control'), '');
}

async function perController(root: string): Promise<void> {
  for (const controller of ['memory', 'pids', 'cpu']) {
    await mkdir(join(root, controller), { recursive: true });
    await writeFile(join(root, controller, 'cgroup.procs'), '');
  }
}

it('finds one tree, and passes its controllers on to the groups below', async () => {
  await using folder = await temporaryFolder();
  await unified(folder.path);
  const tree = join(folder.path, 'weir');
  expect(await findCgroups({ root: folder.path })).toEqual({ version: 2, trees: [tree] });
  for (const path of [folder.path, tree]) {
    expect(await readFile(join(path, 'cgroup.subtree_control'), 'utf8')).toBe('+memory +pids +cpu');
  }
});

it('takes the group that was delegated', async () => {
  await using folder = await temporaryFolder();
  const delegated = join(folder.path, 'system.slice', 'weir-node.service', 'containers');
  await unified(delegated);
  expect(await findCgroups({ root: folder.path, delegated })).toEqual({
    version: 2,
    trees: [join(delegated, 'weir')],
  });
});

it('finds a tree for each controller, also with a second, empty hierarchy beside them', async () => {
  await using folder = await temporaryFolder();
  await perController(folder.path);
  await unified(join(folder.path, 'unified'), '');
  expect(await findCgroups({ root: folder.path })).toEqual({
    version: 1,
    trees: ['memory', 'pids', 'cpu'].map((controller) => join(folder.path, controller, 'weir')),
  });
});

it('finds none without the three controllers', async () => {
  await using folder = await temporaryFolder();
  await unified(folder.path, 'memory pids');
  expect(await findCgroups({ root: folder.path })).toBe(null);
});

it('writes the limits in the words of version 2', async () => {
  await using folder = await temporaryFolder();
  await unified(folder.path);
  const hierarchy = await findCgroups({ root: folder.path });
  await Cgroup.make(hierarchy!, 'n', 'container', limits);
  const group = join(folder.path, 'weir', 'n', 'container');
  const written = Object.fromEntries(
    await Promise.all(
      ['memory.max', 'pids.max', 'cpu.max'].map(async (file) => [
        file,
        await readFile(join(group, file), 'utf8'),
      ]),
    ),
  );
  expect(written).toEqual({ 'memory.max': '268435456', 'pids.max': '64', 'cpu.max': '150000 100000' });
  expect(await listCgroups(hierarchy!, 'n')).toEqual(['container']);
});

it('writes the limits in the words of version 1, each in its tree', async () => {
  await using folder = await temporaryFolder();
  await perController(folder.path);
  const hierarchy = await findCgroups({ root: folder.path });
  await Cgroup.make(hierarchy!, 'n', 'container', limits);
  const read = (controller: string, file: string) =>
    readFile(join(folder.path, controller, 'weir', 'n', 'container', file), 'utf8');
  expect(await read('memory', 'memory.limit_in_bytes')).toBe('268435456');
  expect(await read('pids', 'pids.max')).toBe('64');
  expect([await read('cpu', 'cpu.cfs_quota_us'), await read('cpu', 'cpu.cfs_period_us')]).toEqual([
    '150000',
    '100000',
  ]);
});

it.each([
  [2, 'memory.events', 'low 0\nhigh 0\nmax 31\noom 1\noom_kill 1\n', true],
  [2, 'memory.events', 'low 0\nhigh 0\nmax 31\noom 0\noom_kill 0\noom_group_kill 0\n', false],
  [1, 'memory.oom_control', 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n', true],
  [1, 'memory.oom_control', 'oom_kill_disable 0\nunder_oom 0\noom_kill 0\n', false],
] as const)('knows what was killed for memory (version %i: %s)', async (version, file, events, killed) => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, 'n', 'container'), { recursive: true });
  await writeFile(join(folder.path, 'n', 'container', file), events);
  const hierarchy = { version, trees: [folder.path] };
  expect(await Cgroup.existing(hierarchy, 'n', 'container').ranOutOfMemory()).toBe(killed);
});
