import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from './sandbox-arguments.ts';

/** Of /usr only where packages put software: people keep projects and data in /usr/src and the like, a node's home and its datasets among them. */
const folders = [
  '/usr/bin',
  '/usr/games',
  '/usr/include',
  '/usr/lib',
  '/usr/lib32',
  '/usr/lib64',
  '/usr/libexec',
  '/usr/libx32',
  '/usr/local',
  '/usr/sbin',
  '/usr/share',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
];

/** What programs and the dynamic linker read of /etc. No accounts, no keys, no host names. */
const configuration = [
  '/etc/alternatives',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/localtime',
  '/etc/mime.types',
  '/etc/python3',
  '/etc/fonts',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
];

/**
 * What stands in for an image: the software of the host, or of a root file system that the site prepared, at `root`. Links between its folders
 * are kept as links, everything else is bound.
 */
export async function hostSoftware(root: string): Promise<HostPath[]> {
  const found = await Promise.all([...folders, ...configuration].map((path) => find(root, path)));
  return found.filter((path) => path !== null);
}

async function find(root: string, target: string): Promise<HostPath | null> {
  const source = join(root, target);
  const entry = await lstat(source).catch(() => null);
  if (entry === null) return null;
  return entry.isSymbolicLink() && folders.includes(target)
    ? { link: await readlink(source), target }
    : { source, target };
}
