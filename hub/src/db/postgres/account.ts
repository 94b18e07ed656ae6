import { execFileSync } from 'node:child_process';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

const NAME = 'postgres';

/** PostgreSQL refuses to run as root. When this process is root: the system's `postgres` user, made when there is none; else null. */
export function postgresAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  try {
    return idsOf(NAME);
  } catch {
    // No such user yet.
  }
  try {
    execFileSync(
      'useradd',
      ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', NAME],
      { stdio: 'pipe' },
    );
    return idsOf(NAME);
  } catch (cause) {
    throw new Error(
      `PostgreSQL does not run as root and the user "${NAME}" could not be made for it; make it (useradd --system ${NAME}), ` +
        'start as another user, or set DATABASE_URL to a server of your own',
      { cause },
    );
  }
}

function idsOf(name: string): Account {
  const id = (flag: string) => Number(execFileSync('id', [flag, name], { stdio: 'pipe' }).toString());
  return { uid: id('-u'), gid: id('-g') };
}
