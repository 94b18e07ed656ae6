import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import { ANSWERS } from '../rest/answers.ts';
import { readCredentials } from './credentials.ts';
import { EXIT_FAILED, HubError, UsageError } from './errors.ts';
import { HubClient } from './hub-client.ts';
import { idOf } from './numbers.ts';
import { print, showProgress, tell } from './terminal.ts';

const EVERY_MS = 1_000;
/** A hub that restarts, or a line that is down, ends nothing: the submission goes on. */
const PATIENCE = 300;
const OVER = ['Finished', 'Failed', 'Cancelled'];

type Submission = z.infer<typeof ANSWERS.Submission>;

interface Flags {
  readonly json: boolean;
  readonly watch: boolean;
  readonly phase?: string | undefined;
  readonly task?: readonly string[] | undefined;
  readonly name?: string | undefined;
}

/** Enters a phase; with --watch, stays until it is over. */
export async function submitCommand([path]: readonly string[], flags: Flags): Promise<number> {
  const usage = 'say what and where: weir submit FILE --phase PHASE';
  if (path === undefined) throw new UsageError(usage);
  const phase = idOf(flags.phase, usage);
  const tasks = (flags.task ?? []).map((task) => idOf(task, 'a task is named by its number: --task 7'));
  const { url, token } = await readCredentials(process.env);
  const hub = new HubClient(url, token);
  const { can, reason } = await hub.get(`/api/can_make_submission/${phase}/`, ANSWERS.Allowance);
  if (!can) throw new HubError(reason ?? 'the phase takes no submission of yours now', null);
  const { key } = await hub.upload('submission', path, showProgress('Sending'));
  const body = { phase, data: key, tasks, ...(flags.name && { name: flags.name }) };
  const created = await hub.post('/api/submissions/', body, ANSWERS.SubmissionCreated);
  tell(`Submission ${created.id}: ${created.status}`);
  if (flags.watch) return watch(hub, created.id, flags);
  if (flags.json) print(created);
  else process.stdout.write(`${created.id}\n`);
  return 0;
}

/** Stays with a submission until it is over. */
export async function watchCommand([submission]: readonly string[], flags: Flags): Promise<number> {
  const id = idOf(submission, 'say which submission: weir watch SUBMISSION');
  const { url, token } = await readCredentials(process.env);
  return watch(new HubClient(url, token), id, flags);
}

async function watch(hub: HubClient, id: number, { json }: Flags): Promise<number> {
  let told = '';
  let submission = await look(hub, id);
  while (true) {
    const { status, status_details: details } = submission;
    const now = [status, details].filter(Boolean).join(': ');
    if (now !== told) tell(now);
    told = now;
    if (OVER.includes(status)) break;
    await pause(EVERY_MS);
    submission = await look(hub, id);
  }
  if (json) print(submission);
  else
    for (const { column_key, score } of submission.scores) process.stdout.write(`${column_key}\t${score}\n`);
  return submission.status === 'Finished' ? 0 : EXIT_FAILED;
}

/** What the hub refuses stays refused; while it cannot be reached, or is in trouble itself, it is asked again. */
async function look(hub: HubClient, id: number): Promise<Submission> {
  for (let failed = 0; ; failed += 1) {
    try {
      return await hub.get(`/api/submissions/${id}/`, ANSWERS.Submission);
    } catch (error) {
      const isPassing = error instanceof HubError && (error.status === null || error.status >= 500);
      if (!isPassing || failed >= PATIENCE) throw error;
      if (failed === 0) tell(error.message);
      await pause(EVERY_MS);
    }
  }
}
