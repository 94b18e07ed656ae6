import { z } from 'zod';
import { ResourceMissingError } from '../resources/errors.ts';
import type { TaskEdit, TaskListFilter } from '../tasks/service.ts';
import type { TaskCard, TaskFile, TaskView } from '../tasks/view.ts';
import { one, page } from './answers.ts';
import { uploadFrom } from './form-upload.ts';
import { NamedMissingError } from './named.ts';
import { pageQuery, paginated, readAll } from './paging.ts';
import { filter, flag, idParams, many, type RestRequest } from './request.ts';
import type { RestRoutes } from './rest-routes.ts';

const MOST_LISTED = 5_000;

const listQuery = pageQuery.extend({
  /** Public ones too. */
  public: filter(flag),
  search: filter(z.string().max(200)),
});

const key = z.preprocess((value) => (value === '' ? null : value), z.guid().nullish());
const taskBody = z.object({
  name: z.string().trim().min(1).max(256),
  description: z.string().max(10_000).nullish(),
  is_public: flag.nullish(),
  ingestion_only_during_scoring: flag.nullish(),
  scoring_program: key,
  ingestion_program: key,
  input_data: key,
  reference_data: key,
  solutions: z.array(z.guid()).max(50).optional(),
});
const editBody = taskBody.partial();
type Sent = z.infer<typeof editBody>;

export function taskRoutes(routes: RestRoutes): void {
  routes.get(
    '/tasks',
    {
      summary: 'Your tasks, those shared with you and, where they are asked for, public ones; newest first',
      query: listQuery,
      answer: page('Task'),
    },
    async (rest) => {
      const { public: wantsPublic, search } = rest.query;
      const found = wantsPublic
        ? await readTasks(rest, { scope: 'usable', search })
        : [
            ...(await readTasks(rest, { scope: 'mine', search })),
            ...(await readTasks(rest, { scope: 'shared', search })),
          ];
      const tasks = new Map(found.map((task) => [task.id, task]));
      return paginated(rest, [...tasks.values()].toSorted((a, b) => b.id - a.id).map(toListed));
    },
  );

  routes.get(
    '/tasks/:id',
    { summary: 'A task with its programs and data', answer: one('Task') },
    async ({ hub, actor, request }) => toTask(await hub.tasks.get(actor, idParams.parse(request.params).id)),
  );

  routes.post(
    '/tasks',
    { summary: 'Make a task of uploads', body: taskBody, answer: one('Task'), status: 201 },
    async ({ hub, actor, body }) =>
      toTask(await naming(body, () => hub.tasks.create(actor, { ...toEdit(body), name: body.name }))),
  );

  const summary = 'Change a task; another program or other data make a new version of it';
  routes.patch(
    '/tasks/:id',
    { summary, body: editBody, answer: one('Task') },
    async ({ hub, actor, request, body }) =>
      toTask(
        await naming(body, () => hub.tasks.edit(actor, idParams.parse(request.params).id, toEdit(body))),
      ),
  );
  routes.put(
    '/tasks/:id',
    { summary: `${summary}. What is left out is taken away`, body: editBody, answer: one('Task') },
    async ({ hub, actor, request, body }) => {
      const { id } = idParams.parse(request.params);
      // As there: whoever says only whether it is public changes nothing else.
      const emptied = { ingestion_program: null, input_data: null, reference_data: null };
      const whole = body.is_public === undefined ? { ...emptied, ...body } : body;
      return toTask(await naming(whole, () => hub.tasks.edit(actor, id, toEdit(whole))));
    },
  );

  routes.delete('/tasks/:id', { summary: 'Delete one that no phase has', status: 204 }, async (rest) => {
    await rest.hub.tasks.remove(rest.actor, idParams.parse(rest.request.params).id);
    return rest.reply.send();
  });

  routes.post(
    '/tasks/delete_many',
    { summary: 'Delete all of them; none where a phase has one', body: many },
    async ({ hub, actor, body }) => {
      await hub.tasks.remove(actor, ...body.pks);
      return { detail: 'Tasks deleted successfully' };
    },
  );

  routes.post(
    '/tasks/upload_task',
    {
      summary: 'Make a task of an archive with a task.yaml, sent as the file of a form',
      body: z.object({ file: z.string({ error: 'No attached file found.' }) }),
      answer: one('Task'),
      status: 201,
      takeFile: async (rest, file) => ({ file: await uploadFrom(rest, 'competition_bundle', file) }),
    },
    async ({ hub, actor, body }) => {
      const task = await hub.tasks.fromArchiveNow(actor, body.file, hub.stopping);
      return { message: `Task '${task.name}' created successfully!`, ...toTask(task) };
    },
  );
}

/** @throws NamedMissingError for the field in which the key stands of what is not there */
async function naming<Value>(sent: Sent, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ResourceMissingError)) throw error;
    const { key } = error;
    const field = Object.entries(sent).find(([, value]) => [value].flat().includes(key))?.[0];
    throw field ? new NamedMissingError(field, key) : error;
  }
}

function readTasks({ hub, actor }: RestRequest, filter: TaskListFilter): Promise<TaskCard[]> {
  return readAll(MOST_LISTED, (cursor) => hub.tasks.list(actor, { ...filter, cursor, limit: 100 }));
}

function toEdit(sent: Sent): TaskEdit {
  return {
    name: sent.name,
    description: sent.description ?? undefined,
    isPublic: sent.is_public ?? undefined,
    ingestionOnlyDuringScoring: sent.ingestion_only_during_scoring ?? undefined,
    scoringProgram: sent.scoring_program,
    ingestionProgram: sent.ingestion_program,
    inputData: sent.input_data,
    referenceData: sent.reference_data,
    solutions: sent.solutions,
  };
}

function toListed(task: TaskCard) {
  return {
    id: task.id,
    key: task.key,
    value: task.key,
    name: task.name,
    description: task.description,
    created_when: task.createdAt,
    created_by: task.owner,
    owner_display_name: task.owner,
    solutions: [] as object[],
    ingestion_only_during_scoring: task.ingestionOnlyDuringScoring,
    is_public: task.isPublic,
    is_used_in_competitions: task.competitions.map(({ title }) => title),
    version: task.version,
  };
}

function toTask(task: TaskView) {
  const { scoringProgram, ingestionProgram, inputData, referenceData } = task.files;
  return {
    ...toListed(task),
    solutions: task.solutions.map(toFile),
    scoring_program: toFile(scoringProgram),
    ingestion_program: toFile(ingestionProgram),
    input_data: toFile(inputData),
    reference_data: toFile(referenceData),
    shared_with: task.shares?.map(({ username }) => username) ?? [],
  };
}

function toFile(file: TaskFile | null) {
  if (!file) return null;
  const { key, type, name, fileName, size, isPublic } = file;
  return { key, type, name, file_name: fileName, file_size: size, is_public: isPublic };
}
