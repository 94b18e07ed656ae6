import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCommand, runCommand } from '../host/commands.ts';
import { readRelease } from '../host/packages.ts';
import { ALIASES, BASE_PACKAGES, EXCLUDED_PATHS, type Recipe } from './recipe.ts';

/** Where this machine's own apt gets its packages from. */
export interface Mirror {
  release: string;
  address: string;
}

/** The mirror that apt is configured with, or null where debootstrap cannot work: not root, no apt, not installed. */
export async function findMirror(): Promise<Mirror | null> {
  if (process.getuid?.() !== 0 || !(await findCommand('debootstrap'))) return null;
  const release = (await readRelease()).VERSION_CODENAME;
  if (!release) return null;
  const format = '$(CODENAME) $(COMPONENT) $(REPO_URI)';
  const targets = await runCommand('apt-get', ['indextargets', '--format', format], {
    timeout: 30_000,
  }).catch(() => '');
  for (const line of targets.split('\n')) {
    const [codename, component, address] = line.split(' ');
    if (codename === release && component === 'main' && address) return { release, address };
  }
  return null;
}

export function debianRecipe(mirror: Mirror): Recipe {
  return {
    method: 'debootstrap',
    release: mirror.release,
    architecture: process.arch,
    packages: BASE_PACKAGES,
    aliases: ALIASES,
    excluded: EXCLUDED_PATHS,
  };
}

/** Makes a minimal system with Python and writes it as a tar archive. About a minute. */
export async function writeDebianArchive(file: string, mirror: Mirror): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-root-'));
  try {
    const root = join(folder, 'root');
    const options = ['--variant=minbase', `--include=${BASE_PACKAGES.join()}`];
    await runCommand('debootstrap', [...options, mirror.release, root, mirror.address], {
      env: { ...process.env, ...(await aptProxy()) },
      timeout: 15 * 60_000,
    });
    for (const [name, command] of Object.entries(ALIASES)) {
      await symlink(command, join(root, 'usr', 'bin', name));
    }
    const excluded = EXCLUDED_PATHS.map((path) => `--exclude=${path}`);
    await runCommand('tar', ['-C', root, ...excluded, '--one-file-system', '-cf', file, '.'], {
      timeout: 5 * 60_000,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** debootstrap does not read apt's configuration; the proxy set there is handed on in the environment. */
async function aptProxy(): Promise<Record<string, string>> {
  const setting = await runCommand('apt-config', ['dump', '--format', '%v', 'Acquire::http::Proxy'], {
    timeout: 30_000,
  }).catch(() => '');
  const proxy = setting.trim();
  return proxy === '' || proxy === 'DIRECT' ? {} : { http_proxy: proxy };
}
