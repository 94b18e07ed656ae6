import { readFile } from 'node:fs/promises';
import { findCommand, runCommand } from './commands.ts';

/** What a package manager is called and how it is told to install; `{}` stands for the packages. */
const managers = [
  { families: ['debian', 'ubuntu'], install: 'apt-get update && apt-get install -y {}' },
  { families: ['fedora', 'rhel', 'centos'], install: 'dnf install -y {}' },
  { families: ['arch'], install: 'pacman -S --noconfirm {}' },
  { families: ['alpine'], install: 'apk add {}' },
  { families: ['opensuse', 'suse'], install: 'zypper install -y {}' },
];

/** True when this process may install packages by itself: root on Debian, Ubuntu or their kin. */
export async function canInstallPackages(): Promise<boolean> {
  return (
    process.getuid?.() === 0 && isDebianLike(await readFamilies()) && (await findCommand('apt-get')) !== null
  );
}

/** Installs Debian packages. The services they bring are not started: whoever needs one starts a private one. */
export async function installPackages(packages: string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await runCommand('apt-get', ['update', '-q'], { env, timeout: 5 * 60_000 });
  const options = ['-q', '-y', '--no-install-recommends', '-o', 'Dpkg::Options::=--force-confold'];
  // Another apt may be at work, as on a machine that has just been started.
  const patience = ['-o', 'DPkg::Lock::Timeout=300'];
  await runCommand('apt-get', ['install', ...options, ...patience, ...packages], {
    env,
    timeout: 20 * 60_000,
  });
}

/** The command a person would run on this machine to install these packages (named as Debian does). */
export async function installCommand(packages: string[]): Promise<string> {
  const families = await readFamilies();
  const manager = managers.find((candidate) =>
    candidate.families.some((family) => families.includes(family)),
  );
  if (!manager) return `your package manager, to install: ${packages.join(' ')}`;
  const command = manager.install.replace('{}', packages.join(' '));
  return process.getuid?.() === 0 ? command : `sudo sh -c '${command}'`;
}

async function readFamilies(): Promise<string[]> {
  const release = await readRelease();
  return [release.ID ?? '', ...(release.ID_LIKE ?? '').split(' ')];
}

/** /etc/os-release as a record; empty on systems that have none. */
export async function readRelease(): Promise<Record<string, string>> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => /^(\w+)="?([^"]*)"?$/.exec(line));
  return Object.fromEntries(lines.flatMap((match) => (match ? [[match[1]!, match[2]!]] : [])));
}

function isDebianLike(families: string[]): boolean {
  return families.includes('debian') || families.includes('ubuntu');
}
