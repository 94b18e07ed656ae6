import { and, eq, exists, inArray, isNotNull, isNull, or, sql } from 'drizzle-orm';
import type { Bundle } from '../../bundles/model.ts';
import type { NamedKey, Problem } from '../../bundles/problem.ts';
import { COMPETITION_FILE } from '../../bundles/read-bundle.ts';
import type { Queries } from '../../db/database.ts';
import { resources } from '../../resources/schema.ts';
import { taskShares } from '../../tasks/schema.ts';
import { queues, tasks } from '../schema.ts';
import { dataReferences } from './data.ts';

/** Ids of what the hub has already and the bundle names by key. */
export interface References {
  readonly resources: ReadonlyMap<string, number>;
  readonly tasks: ReadonlyMap<string, number>;
  readonly queueId: number | null;
}

/** Who makes the competition: they may name what is theirs, public, or (of tasks) shared with them; administrators anything. */
export interface Maker {
  readonly id: number;
  readonly isAdmin: boolean;
}

/** @param named where the bundle names them: each place of a key that is not found is a problem of its own */
export async function resolveReferences(
  queries: Queries,
  bundle: Bundle,
  named: readonly NamedKey[],
  maker: Maker,
): Promise<{ references: References; problems: Problem[]; notes: Problem[] }> {
  const resourceKeys = dataReferences(bundle).flatMap((reference) =>
    reference.kind === 'key' ? [reference.key] : [],
  );
  const taskKeys = bundle.tasks.flatMap((task) => (task.kind === 'key' ? [task.key] : []));
  const [foundResources, foundTasks, foundQueues] = await Promise.all([
    resourceKeys.length > 0 ? findResources(queries, resourceKeys, maker) : [],
    taskKeys.length > 0 ? findTasks(queries, taskKeys, maker) : [],
    bundle.queue === null ? [] : findQueues(queries, bundle.queue, maker),
  ]);
  const references = {
    resources: new Map(foundResources.map(({ key, id }) => [key, id])),
    tasks: new Map(foundTasks.map(({ key, id }) => [key, id])),
    queueId: foundQueues[0]?.id ?? null,
  };
  const queues = missing('queue', named, new Map(foundQueues.map(({ key, id }) => [key, id])));
  const problems = [
    ...missing('resource', named, references.resources),
    ...missing('task', named, references.tasks),
    ...(bundle.isDump ? [] : queues),
  ];
  return { references, problems, notes: bundle.isDump ? queues.map(toNote) : [] };
}

/** A dump goes to other hubs, which have other queues. */
function toNote(problem: Problem): Problem {
  return { ...problem, severity: 'note', cure: 'The default queue is used; choose another in the portal.' };
}

function findResources(queries: Queries, keys: string[], { id, isAdmin }: Maker) {
  const readable = isAdmin ? undefined : or(eq(resources.createdBy, id), resources.isPublic);
  return queries
    .select({ id: resources.id, key: resources.key })
    .from(resources)
    .where(
      and(inArray(resources.key, keys), isNotNull(resources.digest), isNull(resources.deletedAt), readable),
    );
}

function findTasks(queries: Queries, keys: string[], { id, isAdmin }: Maker) {
  const isShared = exists(
    queries
      .select({ one: sql`1` })
      .from(taskShares)
      .where(and(eq(taskShares.taskId, tasks.id), eq(taskShares.userId, id))),
  );
  const usable = isAdmin ? undefined : or(eq(tasks.createdBy, id), tasks.isPublic, isShared);
  return queries
    .select({ id: tasks.id, key: tasks.key })
    .from(tasks)
    .where(and(inArray(tasks.key, keys), isNull(tasks.deletedAt), usable));
}

function findQueues(queries: Queries, key: string, { id, isAdmin }: Maker) {
  const usable = isAdmin ? undefined : or(eq(queues.ownerId, id), queues.isPublic);
  return queries
    .select({ id: queues.id, key: queues.key })
    .from(queues)
    .where(and(eq(queues.key, key), usable));
}

function missing(
  what: NamedKey['what'],
  named: readonly NamedKey[],
  found: ReadonlyMap<string, number>,
): Problem[] {
  return named
    .filter((name) => name.what === what && !found.has(name.key))
    .map(({ key, place: { where, at } }) => ({
      severity: 'error',
      code: `${what}_not_found`,
      message: `There is no ${what} with the key ${key} here, or it is not yours to use.`,
      cure: `Correct the key, or ask the owner of the ${what} to make it public.`,
      file: COMPETITION_FILE,
      line: at?.line ?? null,
      column: at?.column ?? null,
      where,
    }));
}
