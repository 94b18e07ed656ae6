/** What the codes of the system mean for whoever typed a command, and what to do. */
const MEANINGS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder; look at how it is written',
  ENOTDIR: 'a part of it is a file, where a folder has to be',
  EISDIR: 'a folder is there, where a file has to be',
  EEXIST: 'it is there already; choose another name, or move it away',
  EACCES: 'this user may not read or write it; work as the user that the node runs as',
  EPERM: 'this user may not do that with it; work as the user that the node runs as',
  EROFS: 'the disk that it is on can only be read; choose another place',
  ENOSPC: 'the disk is full; make room there and try again',
  EDQUOT: 'this user has used up their room on the disk; make room there and try again',
  EMFILE: 'too many files are open at once; raise the limit (ulimit -n) and try again',
  EIO: 'the disk cannot be read or written; look at what the system says of it (dmesg)',
};

/** What went wrong, as it is told at the command line. Errors of ours say what, where and what to do; those of the system say it here. */
export function explainError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  const meaning = code === undefined || syscall === undefined ? undefined : MEANINGS[code];
  if (meaning === undefined) return error.message;
  return path === undefined ? `${meaning} (${error.message})` : `${path}: ${meaning}`;
}
