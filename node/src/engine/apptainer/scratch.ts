/**
 * A command line in a mount namespace of its own, in which a folder is memory of a bounded size: what Apptainer gives containers for scratch has one size
 * for the whole site. Takes root.
 */
export function withBoundedScratch(folder: string, bytes: number, command: readonly string[]): string[] {
  const script = `mount -t tmpfs -o "size=$2,mode=0755,nosuid,nodev" weir "$1" && shift 2 && exec "$@"`;
  return [
    ...['unshare', '--mount', '--propagation', 'private', '--'],
    ...['/bin/sh', '-c', script, 'scratch', folder, String(bytes)],
    ...command,
  ];
}
