import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Workspace } from '../contract/workspace.ts';
import type { ContainerUser } from '../engine/engine.ts';
import { readFileIfThere } from '../home/atomic-file.ts';

const timesSchema = z.object({
  exitCode: z.number().nullable(),
  elapsedSeconds: z.number().nullable(),
  ingestionExitCode: z.number().nullable(),
  ingestionElapsedSeconds: z.number().nullable(),
});

const progressSchema = z.object({
  /** The artifacts are unpacked, all of them. */
  prepared: z.boolean(),
  /** How the prediction step went, once it is over, and what is held of what it printed. */
  predicted: timesSchema.nullable(),
  predictionText: z.string().default(''),
});

export type AttemptProgress = z.infer<typeof progressSchema>;

const NOTHING_DONE: AttemptProgress = { prepared: false, predicted: null, predictionText: '' };

/**
 * What an attempt has on disk: `workspace/` for the containers, `logs`, and `progress.json`, which says what a later life of the process
 * need not do again. Nothing of these is synced: after a crash of the machine the attempt begins again, unless there is a draft.
 */
export class AttemptFolder {
  readonly workspace: Workspace;
  readonly #path: string;

  private constructor(path: string, workspace: Workspace) {
    this.#path = path;
    this.workspace = workspace;
  }

  static async open(path: string, user: ContainerUser): Promise<AttemptFolder> {
    await mkdir(path, { recursive: true, mode: 0o700 });
    return new AttemptFolder(path, await Workspace.open(join(path, 'workspace'), user));
  }

  get logs(): string {
    return join(this.#path, 'logs');
  }

  /** What would leave, once the gate has let it pass. Synced, unlike the rest. */
  get draft(): string {
    return join(this.#path, 'draft.json');
  }

  /** A place for a file that is about to be delivered. */
  outgoing(name: string): string {
    return join(this.#path, name);
  }

  async readProgress(): Promise<AttemptProgress> {
    const text = await readFileIfThere(this.#progress);
    if (text === null) return NOTHING_DONE;
    try {
      return progressSchema.parse(JSON.parse(text));
    } catch {
      // Torn by a crash: the safe reading is that nothing was done.
      return NOTHING_DONE;
    }
  }

  async writeProgress(progress: AttemptProgress): Promise<void> {
    const next = `${this.#progress}.next`;
    await writeFile(next, JSON.stringify(progress), { mode: 0o600 });
    await rename(next, this.#progress);
  }

  /** Back to nothing but the logs, which have their own account of what came before. */
  async restart(): Promise<AttemptFolder> {
    await rm(this.#progress, { force: true });
    await this.workspace.remove();
    return AttemptFolder.open(this.#path, this.workspace.user);
  }

  async remove(): Promise<void> {
    await this.workspace.remove();
    await rm(this.#path, { recursive: true, force: true });
  }

  get #progress(): string {
    return join(this.#path, 'progress.json');
  }
}
