import { z } from 'zod';
import { hubAddress, keyId } from '../hub-document.ts';

/** What a competition may say of itself to other hubs: the publisher cuts to these, the reader refuses what is longer. */
export const MOST = {
  title: 200,
  description: 2_000,
  organizer: 200,
  reward: 200,
  phases: 50,
  phaseName: 200,
  datasets: 20,
  datasetName: 200,
  attributes: 20,
  tags: 20,
  tag: 50,
} as const;

/** In a form and within times that every database understands. */
const moment = z.iso
  .datetime()
  .max(40)
  .refine((text) => text >= '1970', 'is a time of this age');

const phase = z.object({
  id: z.int().min(1),
  name: z.string().max(MOST.phaseName),
  startsAt: moment,
  endsAt: moment.nullable(),
});

/** Everything in it is plain text: no mark-up is understood. Its state follows from its phases and the time. */
export const descriptor = z.object({
  id: z.int().min(1).max(2_147_483_647),
  title: z.string().min(1).max(MOST.title),
  description: z.string().max(MOST.description),
  type: z.enum(['competition', 'benchmark']),
  organizer: z.string().max(MOST.organizer),
  reward: z.string().max(MOST.reward).nullable(),
  /** Whether whoever asks takes part at once, or organizers decide. */
  registration: z.enum(['open', 'approval']),
  /** Attributes that have to be vouched for to register. */
  requires: z.array(z.string().max(MOST.tag)).max(MOST.attributes),
  tags: z.array(z.string().max(MOST.tag)).max(MOST.tags),
  phases: z.array(phase).max(MOST.phases),
  /** Sites that evaluate it with data of their own, and what that data is called. */
  sites: z.object({
    count: z.int().min(0).max(100_000),
    datasets: z.array(z.string().max(MOST.datasetName)).max(MOST.datasets),
  }),
  createdAt: moment,
});

export type Descriptor = z.output<typeof descriptor>;

/** What is signed about one competition. The hub is named in it, so that no other one can show it as its own. */
export const entryContent = z.object({
  format: z.literal('weir-catalogue/1'),
  hub: keyId,
  /** Origin of the hub whose it is. */
  origin: hubAddress,
  sequence: z.int().min(1),
  kind: z.enum(['create', 'change', 'withdraw']),
  competition: z.int().min(1).max(2_147_483_647),
  at: z.iso.datetime(),
  descriptor: z.unknown(),
});
export type EntryContent = z.output<typeof entryContent>;

/**
 * Of a peer: control characters, and those that turn the direction of text around or cannot be seen, do not come in. What looks like mark-up stays as the
 * text that it is.
 */
export function plain(text: string): string {
  return text.replace(/[^\P{C}\n]/gu, '').trim();
}

/** The descriptor with nothing but plain text; null when it is not as agreed, or of another competition. */
export function readDescriptor({ descriptor: said, competition }: EntryContent): Descriptor | null {
  const parsed = descriptor.safeParse(said);
  if (!parsed.success || parsed.data.id !== competition) return null;
  const told = parsed.data;
  const line = (text: string) => plain(text).replace(/\s+/g, ' ');
  const title = line(told.title);
  const isOrdered = told.phases.every(
    ({ startsAt, endsAt }) => endsAt === null || Date.parse(startsAt) <= Date.parse(endsAt),
  );
  if (title === '' || !isOrdered) return null;
  return {
    ...told,
    title,
    description: plain(told.description),
    organizer: line(told.organizer),
    reward: told.reward === null ? null : line(told.reward),
    requires: told.requires.map(line),
    tags: told.tags.map(line),
    phases: told.phases.map((phase) => ({ ...phase, name: line(phase.name) })),
    sites: { ...told.sites, datasets: told.sites.datasets.map(line) },
  };
}

/** When it is open, as a PostgreSQL multirange: with its end unknown, for ever. */
export function openDuring({ phases }: Descriptor): string {
  return `{${phases.map(({ startsAt, endsAt }) => `[${startsAt},${endsAt ?? ''})`).join(',')}}`;
}
