import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Problem } from '../bundles/problem.ts';
import { zipStream } from '../storage/archive/index.ts';
import { collaborators, NOT_HERE } from './competition-edits.ts';
import { BundleRefusedError } from './errors.ts';
import { logo } from './logo.ts';
import { named } from './named.ts';
import type { RestRequest } from './request.ts';

const page = z.object({ title: z.unknown(), content: z.string().max(1024 ** 2) });
const phase = z.looseObject({
  max_submissions_per_person: z.unknown(),
  tasks: z.array(z.union([z.string(), z.looseObject({ task: z.string() })])).default([]),
});

/** What a bundle is made of is checked as in a bundle. */
export const newCompetition = z.looseObject({
  title: z.string(),
  logo,
  terms: z.string().max(1024 ** 2),
  pages: z.array(page).max(100),
  phases: z.array(phase).max(1_000),
  leaderboards: z.array(z.looseObject({})),
  published: z.boolean().optional(),
  collaborators,
  ...NOT_HERE,
});

/** Keys that bundles call otherwise, or do not have. */
const NOT_OF_BUNDLES = ['id', 'logo', 'published', 'collaborators', ...Object.keys(NOT_HERE), 'weir_dump'];

/**
 * A whole competition as JSON, as Codabench's editor sends it, with its tasks by their keys. It is written as a bundle: what holds for bundles
 * holds for it.
 * @returns its id
 * @throws BundleRefusedError
 */
export async function createCompetition(
  { hub, actor, request }: RestRequest,
  sent: z.infer<typeof newCompetition>,
): Promise<number> {
  for (const task of sent.phases.flatMap(({ tasks }) => tasks.map(keyOf)))
    await named('phases', task, () => hub.tasks.get(actor, task));
  const fileName = 'competition.zip';
  const { key, uploadPath } = await hub.resources.startUpload(actor, {
    type: 'competition_bundle',
    fileName,
    size: null,
  });
  await hub.resources.receive(uploadPath, key, writeBundle(sent));
  const { creationId } = await hub.competitions.createFromBundle(actor, key);
  // Here and now, rather than when its job's turn comes: it has no data to unpack. Whichever of the two is first makes it.
  await hub.competitions.makeCompetition(creationId, AbortSignal.timeout(MAX_MILLISECONDS));
  const { competitionId, problems } = await hub.creations.get(actor, creationId);
  if (competitionId === null) throw new BundleRefusedError(toFields(problems));
  request.log.info({ competitionId }, 'a competition was made of JSON');
  const { published, collaborators } = sent;
  try {
    await hub.competitions.edit(actor, competitionId, { published, collaborators });
  } catch (error) {
    await hub.competitions.remove(actor, competitionId);
    throw error;
  }
  return competitionId;
}

const MAX_MILLISECONDS = 60_000;

function writeBundle(sent: z.infer<typeof newCompetition>): Readable {
  const keys = [...new Set(sent.phases.flatMap(({ tasks }) => tasks.map(keyOf)))];
  const settings = Object.entries(sent).filter(([key]) => !NOT_OF_BUNDLES.includes(key));
  const competition = {
    ...Object.fromEntries(settings),
    version: 2,
    image: 'logo',
    terms: 'terms.md',
    pages: sent.pages.map(({ title }, index) => ({ title, file: `pages/${index}.md` })),
    tasks: keys.map((key, index) => ({ index, key })),
    phases: sent.phases.map(({ max_submissions_per_person: most, tasks, ...rest }) => ({
      ...withoutFiles(rest),
      ...(most === undefined ? {} : { max_submissions: most }),
      tasks: tasks.map((task) => keys.indexOf(keyOf(task))),
    })),
  };
  const files = [
    // JSON is YAML.
    { name: 'competition.yaml', content: JSON.stringify(competition) },
    { name: 'logo', content: sent.logo },
    { name: 'terms.md', content: sent.terms },
    ...sent.pages.map(({ content }, index) => ({ name: `pages/${index}.md`, content })),
  ];
  return zipStream(
    files.map(({ name, content }) => {
      const bytes = Buffer.from(content);
      return { name, size: bytes.length, open: async () => Readable.from([bytes]) };
    }),
  );
}

function keyOf(task: string | { task: string }): string {
  return typeof task === 'string' ? task : task.task;
}

/** Where there are none, the editor sends nulls and empty texts; of what a phase has been asked for, objects. */
function withoutFiles(phase: Record<string, unknown>): Record<string, unknown> {
  const isKey = (value: unknown) => typeof value === 'string' && value !== '';
  return Object.fromEntries(
    Object.entries(phase).filter(
      ([key, value]) => !['public_data', 'starting_kit', 'leaderboard'].includes(key) || isKey(value),
    ),
  );
}

function toFields(problems: readonly Problem[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const { where, message, cure } of problems) {
    const name = /^[a-z_]+/.exec(where)?.[0] ?? 'non_field_errors';
    const field = name === 'image' ? 'logo' : name;
    const place = where === name || where === '' ? '' : `${where}: `;
    fields[field] = [fields[field] ?? '', `${place}${message} ${cure}`].join(' ').trim();
  }
  return fields;
}
