import { isDeepStrictEqual } from 'node:util';
import { and, inArray, isNull } from 'drizzle-orm';
import type { Actor } from '../accounts/access.ts';
import type { tasks } from '../competitions/schema.ts';
import type { Transaction } from '../db/database.ts';
import { ResourceMissingError } from '../resources/errors.ts';
import { resources } from '../resources/schema.ts';
import type { Resources, ResourceType } from '../resources/service.ts';

/** What a task runs on whom: two submissions whose tasks differ in nothing of this can be compared. */
export type TaskSetup = Pick<
  typeof tasks.$inferSelect,
  | 'scoringProgramId'
  | 'ingestionProgramId'
  | 'inputDataId'
  | 'referenceDataId'
  | 'ingestionOnlyDuringScoring'
  | 'siteDatasetName'
  | 'siteDatasetVersion'
  | 'siteRule'
>;

/** Keys of resources; null takes one away, and what is left out stays. */
export interface ChosenResources {
  readonly scoringProgram?: string | null | undefined;
  readonly ingestionProgram?: string | null | undefined;
  readonly inputData?: string | null | undefined;
  readonly referenceData?: string | null | undefined;
}

export const SLOTS = ['scoringProgram', 'ingestionProgram', 'inputData', 'referenceData'] as const;
export type Slot = (typeof SLOTS)[number];
export type ResourceIds = Pick<TaskSetup, `${Slot}Id`>;

const PROGRAMS: readonly ResourceType[] = ['scoring_program', 'ingestion_program'];
const DATA: readonly ResourceType[] = ['input_data', 'reference_data', 'public_data'];
export const TAKES: Readonly<Record<Slot, readonly ResourceType[]>> = {
  scoringProgram: PROGRAMS,
  ingestionProgram: PROGRAMS,
  inputData: DATA,
  referenceData: DATA,
};

/**
 * Ids of what was chosen. What the task has already may stay whoever it belongs to.
 * @throws ResourceMissingError | UploadIncompleteError | UnexpectedResourceTypeError
 */
export async function chooseResources(
  resources: Pick<Resources, 'getUsable'>,
  actor: Actor,
  chosen: ChosenResources,
  current: ReadonlyMap<string, number>,
): Promise<Partial<ResourceIds>> {
  const ids: Partial<Record<`${Slot}Id`, number | null>> = {};
  for (const slot of SLOTS) {
    const key = chosen[slot];
    if (key === undefined) continue;
    ids[`${slot}Id`] =
      key === null ? null : (current.get(key) ?? (await resources.getUsable(actor, key, TAKES[slot])).id);
  }
  return ids;
}

/** Until the end of the transaction none of them is deleted. @throws ResourceMissingError when one is by now */
export async function holdResources(
  { queries }: Transaction,
  ids: readonly (number | null)[],
): Promise<void> {
  const wanted = new Set(ids.filter((id) => id !== null));
  if (wanted.size === 0) return;
  const held = await queries
    .select({ id: resources.id })
    .from(resources)
    .where(and(inArray(resources.id, [...wanted]), isNull(resources.deletedAt)))
    .orderBy(resources.id)
    .for('key share');
  if (held.length < wanted.size) throw new ResourceMissingError('that was chosen');
}

export function isSameSetup(one: TaskSetup, other: TaskSetup): boolean {
  return (
    SLOTS.every((slot) => one[`${slot}Id`] === other[`${slot}Id`]) &&
    one.ingestionOnlyDuringScoring === other.ingestionOnlyDuringScoring &&
    one.siteDatasetName === other.siteDatasetName &&
    one.siteDatasetVersion === other.siteDatasetVersion &&
    isDeepStrictEqual(one.siteRule, other.siteRule)
  );
}
