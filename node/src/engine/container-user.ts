import type { ContainerUser } from './engine.ts';

/** Belongs to nobody on a usual host, so that what a container writes is readable by no account but root. */
const unprivileged: ContainerUser = { uid: 10001, gid: 10001 };

/** The node's own user, which then owns everything it hands to containers; a fixed unprivileged one when the node runs as root. */
export function containerUser(): ContainerUser {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  return uid === 0 ? unprivileged : { uid, gid };
}
