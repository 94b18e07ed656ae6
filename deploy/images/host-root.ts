import { lstat, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { findCommand, runCommand } from '../host/commands.ts';
import { ALIASES, EXCLUDED_PATHS, type Recipe } from './recipe.ts';

/** Programs that scoring programs commonly call besides Python. Those that are missing are left out. */
const PROGRAMS = [
  'sh',
  'bash',
  'env',
  'cat',
  'cp',
  'mv',
  'rm',
  'ls',
  'mkdir',
  'sleep',
  'true',
  'false',
  'timeout',
];

/** Prints one path a line: the interpreter (as called, and behind the links), its folder of modules, the binaries in that folder. */
const WHERE_PYTHON_LIVES = `
import sys, sysconfig, pathlib
folder = pathlib.Path(sysconfig.get_path("stdlib"))
print(sys.executable, pathlib.Path(sys.executable).resolve(), folder, sep="\\n")
print(*(folder / "lib-dynload").glob("*.so"), sep="\\n")
`;

export function hostRecipe(pythonVersion: string): Recipe {
  return {
    method: 'host',
    release: pythonVersion,
    architecture: process.arch,
    packages: PROGRAMS,
    aliases: ALIASES,
    excluded: EXCLUDED_PATHS,
  };
}

/** The Python of this machine, preferring the system's own over one that a version manager has put before it. */
export async function findPython(): Promise<{ path: string; version: string } | null> {
  for (const path of ['/usr/bin/python3', await findCommand('python3')]) {
    if (path === null) continue;
    const version = await runCommand(path, ['--version'], { timeout: 10_000 }).catch(() => null);
    if (version !== null) return { path, version: version.trim() };
  }
  return null;
}

/** Copies Python, a shell and the libraries they load into a tar archive. Needs no rights and no network. */
export async function writeHostArchive(file: string, python: string): Promise<void> {
  const skeleton = await mkdtemp(join(tmpdir(), 'weir-root-'));
  try {
    await mkdir(join(skeleton, 'etc'));
    await writeFile(
      join(skeleton, 'etc', 'passwd'),
      'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n',
    );
    await writeFile(join(skeleton, 'etc', 'group'), 'root:x:0:\nnogroup:x:65534:\n');
    await mkdir(join(skeleton, 'tmp'));
    const commands = join(skeleton, 'usr', 'local', 'bin');
    await mkdir(commands, { recursive: true });
    const isNamed = python.startsWith('/usr/bin/');
    for (const name of isNamed ? Object.keys(ALIASES) : ['python3', ...Object.keys(ALIASES)]) {
      await symlink(python, join(commands, name));
    }
    const paths = await hostPaths(python);
    const relative = paths.map((path) => path.slice(1));
    const excluded = ['--exclude=__pycache__', '--exclude=*/test/*', '--exclude=*/site-packages/*'];
    const owner = ['--owner=0', '--group=0'];
    await runCommand(
      'tar',
      [...excluded, ...owner, '-cf', file, '-C', skeleton, '.', '-C', '/', ...relative],
      {
        timeout: 5 * 60_000,
      },
    );
  } finally {
    await rm(skeleton, { recursive: true, force: true });
  }
}

async function hostPaths(python: string): Promise<string[]> {
  const found = await runCommand(python, ['-c', WHERE_PYTHON_LIVES], { timeout: 30_000 });
  const [executable, interpreter, modules, ...extensions] = found.trim().split('\n') as [
    string,
    string,
    string,
  ];
  const programs = (await Promise.all(PROGRAMS.map(findCommand))).filter((path) => path !== null);
  const libraries = new Set<string>();
  for (const binary of [...programs, interpreter, ...extensions]) {
    const linked = await runCommand('ldd', [binary], { timeout: 30_000 }).catch(() => '');
    for (const [library] of linked.matchAll(/\/\S+\.so\S*/g)) libraries.add(library);
  }
  const named = [...programs, executable, interpreter, modules, ...libraries];
  const placed = await Promise.all(
    named.map(async (path) => join(await realpath(dirname(path)), basename(path))),
  );
  const real = await Promise.all(named.map((path) => realpath(path)));
  return [...new Set([...(await mergedFolders()), ...placed, ...real])];
}

/** Where /usr is merged, /bin and /lib are links; interpreters and loaders are named through them. */
async function mergedFolders(): Promise<string[]> {
  const folders = ['/bin', '/sbin', '/lib', '/lib64'];
  const isLink = await Promise.all(
    folders.map((folder) =>
      lstat(folder).then(
        (entry) => entry.isSymbolicLink(),
        () => false,
      ),
    ),
  );
  return folders.filter((_, index) => isLink[index]);
}
