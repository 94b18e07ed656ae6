import { execFile } from 'node:child_process';
import { chown, lchown, lstat, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ContainerUser } from '../engine/engine.ts';
import { walkFolder } from './walk-folder.ts';

const run = promisify(execFile);

/**
 * What an attempt has on disk, each in a folder of its own below the attempt's root. The first five are unpacked artifacts, there only when the
 * task has them, and so is the fact sheet where the competition has one; the others are made by the steps.
 */
export type Part =
  | 'submission'
  | 'ingestion'
  | 'scoring'
  | 'input-data'
  | 'reference'
  /** What the participant answered to the competition's questions, for the scoring program. */
  | 'fact-sheet'
  /** Output of the prediction step, input of scoring. */
  | 'predictions'
  | 'score-output'
  /** Output of ingestion side by side with scoring: apart from the scores, since participant code writes it. */
  | 'ingestion-output'
  /** Where ingestion and scoring exchange files. */
  | 'shared';

/**
 * The folders of one attempt. The root is closed to everybody but the node; what lies in it belongs to the containers' user, whom an engine lets
 * in by mounting the parts one by one.
 */
export class Workspace {
  readonly root: string;
  readonly user: ContainerUser;

  private constructor(root: string, user: ContainerUser) {
    this.root = root;
    this.user = user;
  }

  /** Makes the root when it is not there. After a restart it is opened again as it was left. */
  static async open(root: string, user: ContainerUser): Promise<Workspace> {
    await mkdir(root, { recursive: true, mode: 0o700 });
    return new Workspace(root, user);
  }

  path(part: Part): string {
    return join(this.root, part);
  }

  /** The path of a part, or null when the attempt does not have it. */
  async find(part: Part): Promise<string | null> {
    const path = this.path(part);
    const found = await lstat(path).catch(() => null);
    return found?.isDirectory() ? path : null;
  }

  /** Makes a part for containers to write in. Keeps what is there. */
  async make(part: Part): Promise<string> {
    const path = this.path(part);
    const made = await mkdir(path, { recursive: true });
    if (made !== undefined && this.#mustGive) await chown(path, this.user.uid, this.user.gid);
    return path;
  }

  /**
   * Makes a part with something in it, at once: it is there only when `fill` is through with the folder, which then belongs to the containers' user.
   * Keeps what is there, so that a part is filled once, whenever the node was killed.
   */
  async makeFilled(part: Part, fill: (folder: string) => Promise<void>): Promise<void> {
    if ((await this.find(part)) !== null) return;
    const unfinished = `${this.path(part)}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished);
    await fill(unfinished);
    await this.#give(unfinished);
    await rename(unfinished, this.path(part));
  }

  /** Gives a part that the node filled to the containers' user. Nothing may run in it. */
  give(part: Part): Promise<void> {
    return this.#give(this.path(part));
  }

  async #give(folder: string): Promise<void> {
    if (!this.#mustGive) return;
    const { uid, gid } = this.user;
    await lchown(folder, uid, gid);
    await walkFolder(folder, 'settled', ({ path }) => lchown(path, uid, gid));
  }

  /** Removes everything, whatever a container left behind. */
  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true }).catch(async () => {
      // Folders without permissions, or nested deeper than a path can be long: both no hindrance to the tool.
      await run('chmod', ['-R', 'u+rwX', '--', this.root]).catch(() => undefined);
      await run('rm', ['-rf', '--', this.root]);
    });
  }

  get #mustGive(): boolean {
    return process.getuid?.() !== this.user.uid;
  }
}
