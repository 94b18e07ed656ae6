import { constants } from 'node:fs';
import { access, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ContainerExit, ContainerSpec } from '../engine.ts';
import type { InnerEngine } from './inner-engine.ts';

/** What a job is to do: the container, and what runs it on the compute node. */
export interface JobOrder {
  readonly spec: ContainerSpec;
  readonly inner: InnerEngine;
}

const claimSchema = z.object({ by: z.enum(['job', 'node']), at: z.coerce.date() });
const exitSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('exited'), code: z.number().int() }),
  z.object({ kind: z.literal('out-of-memory') }),
  z.object({ kind: z.literal('killed') }),
  /** The inner engine failed: the site's fault. */
  z.object({ kind: z.literal('failed'), message: z.string() }),
]);

export type JobClaim = z.infer<typeof claimSchema>;
export type JobExit = ContainerExit | { readonly kind: 'failed'; readonly message: string };

/**
 * Where the node and a job speak to each other: a folder on the file system that both see.
 *
 *   order.json   node -> job   the container
 *   job-id       node          what Slurm calls the job; missing while it is unknown whether it was submitted
 *   claim.json   whoever is first: the job when it starts, or the node when it gives the job up. So a job that was submitted twice runs once, and one
 *                that starts after it was given up does nothing, even if Slurm could not be told
 *   stdout, stderr   job -> node   what the container prints
 *   stop         node -> job   kill the container
 *   exit.json    job -> node   how it ended; the container is gone
 *   slurm.log    what Slurm and the job have to say themselves
 */
export class JobFolder {
  readonly path: string;

  constructor(root: string, name: string) {
    this.path = join(root, name);
  }

  static async list(root: string): Promise<string[]> {
    return await readdir(root).catch(() => []);
  }

  file(name: 'stdout' | 'stderr' | 'slurm.log'): string {
    return join(this.path, name);
  }

  /** Makes the folder, unless it is there from an earlier life of the node. The order is written whole or not at all. */
  async make(order: JobOrder): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    if ((await this.order()) === null) await this.#write('order.json', JSON.stringify(order));
  }

  async exists(): Promise<boolean> {
    return await access(this.path, constants.F_OK).then(
      () => true,
      () => false,
    );
  }

  async order(): Promise<JobOrder | null> {
    const text = await this.#read('order.json');
    // Written by this very class; what it holds was checked before.
    return text === null ? null : (JSON.parse(text) as JobOrder);
  }

  async jobId(): Promise<string | null> {
    return await this.#read('job-id');
  }

  async setJobId(id: string): Promise<void> {
    await this.#write('job-id', id);
  }

  async claim(): Promise<JobClaim | null> {
    const text = await this.#read('claim.json');
    // Being written just now.
    if (text === null || text === '') return null;
    return claimSchema.parse(JSON.parse(text));
  }

  /** True for the one that was first. */
  async tryClaim(by: JobClaim['by']): Promise<boolean> {
    try {
      const file = await open(join(this.path, 'claim.json'), 'wx', 0o600);
      await file.writeFile(JSON.stringify({ by, at: new Date() }));
      await file.close();
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && (error.code === 'EEXIST' || error.code === 'ENOENT'))
        return false;
      throw error;
    }
  }

  async askToStop(): Promise<void> {
    await writeFile(join(this.path, 'stop'), '').catch(() => undefined);
  }

  async isAskedToStop(): Promise<boolean> {
    return (await this.#read('stop')) !== null || !(await this.exists());
  }

  async exit(): Promise<JobExit | null> {
    const text = await this.#read('exit.json');
    return text === null ? null : exitSchema.parse(JSON.parse(text));
  }

  async writeExit(exit: JobExit): Promise<void> {
    await this.#write('exit.json', JSON.stringify(exit));
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 3 });
  }

  async #write(name: string, content: string): Promise<void> {
    const next = join(this.path, `${name}.next`);
    await writeFile(next, content, { mode: 0o600 });
    await rename(next, join(this.path, name));
  }

  async #read(name: string): Promise<string | null> {
    try {
      return await readFile(join(this.path, name), 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    }
  }
}
