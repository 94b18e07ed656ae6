import { randomBytes } from 'node:crypto';
import type { RunningHub } from '@weir/hub';
import type { Actor } from '@weir/hub/accounts/access';
import { users } from '@weir/hub/accounts/schema';
import { eq } from 'drizzle-orm';
import { zip } from '../harness/challenge.ts';
import type { FederationReply, Submitting } from './federation-protocol.ts';

type Context = RunningHub['context'];

/** What its owner sees of it. */
interface Seen {
  readonly status: string | null;
  readonly isEntered: boolean;
}

/** Of an upload that is complete: from when it is submitted until its owner's hub shows the result. */
export async function submit(context: Context, request: Submitting): Promise<FederationReply> {
  const { username, at } = request;
  const actor = await actorOf(context, username);
  const resourceKey = await upload(context, actor.user.id);
  const gone = new AbortController();
  const started = performance.now();
  const { id, look } = at
    ? await submitToPeer(context, actor, { ...request, at, resourceKey })
    : await submitHere(context, actor, { ...request, resourceKey });
  const topic = at ? (`peer-submission:${id}` as const) : (`submission:${id}` as const);
  const hints = context.live.watch(topic, gone.signal)[Symbol.asyncIterator]();
  let enteredMs: number | null = null;
  for (let hint = hints.next(); ; hint = hints.next()) {
    const { status, isEntered } = await look();
    if (at && isEntered) enteredMs ??= performance.now() - started;
    if (status === 'Finished') break;
    if (status === 'Failed' || status === 'Cancelled') throw new Error(`submission ${id} is ${status}`);
    await hint;
  }
  const milliseconds = performance.now() - started;
  gone.abort();
  return { kind: 'submitted', milliseconds, enteredMs };
}

type Uploaded = Submitting & { readonly resourceKey: string };

async function submitHere({ submissions }: Context, actor: Actor, { phaseId, resourceKey }: Uploaded) {
  const { id } = await submissions.create(actor, { phaseId, resourceKey });
  const look = async (): Promise<Seen> => ({
    status: (await submissions.peek(actor, id)).status,
    isEntered: true,
  });
  return { id, look };
}

async function submitToPeer(
  { participation: { submissions } }: Context,
  actor: Actor,
  { phaseId, resourceKey, at }: Uploaded & { at: NonNullable<Submitting['at']> },
) {
  const { id } = await submissions.create(actor, { ...at, phaseId, resourceKey });
  const look = async (): Promise<Seen> => {
    const { state, submission, problem } = await submissions.peek(actor, id);
    if (problem) throw new Error(`${problem.code}: ${problem.detail}`);
    return { status: submission?.status ?? null, isEntered: state === 'entered' };
  };
  return { id, look };
}

export async function actorOf({ database }: Context, username: string) {
  const [person] = await database.queries.select().from(users).where(eq(users.username, username));
  const { id, isAdmin } = person!;
  return { kind: 'user', user: { id, username, isAdmin, isRobot: false }, via: 'session' } as const;
}

/** Other bytes each time: what a node has run already it answers from its ledger. */
async function upload({ blobs, resources, database }: Context, createdBy: number): Promise<string> {
  const archive = zip({ 'prediction.txt': randomBytes(512).toString('hex') });
  const blob = await blobs.put(once(archive), { maxBytes: archive.length });
  const file = { type: 'submission', name: 'x', fileName: 'x.zip', createdBy } as const;
  return (await resources.add(database.queries, file, blob)).key;
}

async function* once(content: Buffer): AsyncIterable<Uint8Array> {
  yield content;
}
