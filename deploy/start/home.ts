import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { StartError } from './errors.ts';

/** Makes the folder of everything kept, when there is none. @throws StartError when nothing can be kept there */
export async function requireWritable(home: string): Promise<void> {
  try {
    await mkdir(home, { recursive: true });
    await access(home, constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new StartError(
      `Everything is kept in ${home}, which cannot be written (${reason}). Choose another folder: WEIR_HOME=$HOME/weir npm start`,
    );
  }
}
