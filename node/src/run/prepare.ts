import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Artifact, type Assignment, FailureCode } from '@weir/proto/node/v1';
import type { ArtifactCache } from '../cache/artifact-cache.ts';
import { type UnpackLimits, unpack } from '../contract/unpack.ts';
import type { Part, Workspace } from '../contract/workspace.ts';
import { openDataset } from '../data/open.ts';
import type { DatasetRegistry } from '../data/registry.ts';
import { REGISTERED_COUNT } from '../egress/cases.ts';
import { containerUser } from '../engine/container-user.ts';
import type { ContainerUser } from '../engine/engine.ts';
import type { Logger } from '../logging/logger.ts';
import type { Permission } from '../policy/decide.ts';

/** More than any archive of a task should hold; what really bounds it is the site's disk. */
const TASK_LIMITS: UnpackLimits = { maxBytes: 500 * 1024 ** 3, maxEntries: 5_000_000 };
const SUBMISSION_LIMITS: UnpackLimits = { maxBytes: 20 * 1024 ** 3, maxEntries: 50_000 };

interface Wanted {
  readonly part: Part;
  readonly artifact: Artifact;
  readonly limits: UnpackLimits;
  readonly unreadable: FailureCode;
}

/** Which archives an attempt needs, and what each becomes. What the site's own dataset stands in for is not fetched. */
function wantedArtifacts(assignment: Assignment): Wanted[] {
  const { submission, ingestionProgram, scoringProgram, inputData, referenceData, siteData } = assignment;
  const task = (part: Part, artifact: Artifact | undefined): Wanted[] =>
    artifact ? [{ part, artifact, limits: TASK_LIMITS, unreadable: FailureCode.TASK_UNREADABLE }] : [];
  const own: Wanted[] = submission
    ? [
        {
          part: 'submission',
          artifact: submission,
          limits: SUBMISSION_LIMITS,
          unreadable: FailureCode.SUBMISSION_UNREADABLE,
        },
      ]
    : [];
  return [
    ...own,
    ...task('ingestion', ingestionProgram),
    ...task('scoring', scoringProgram),
    ...task('input-data', siteData?.input ? undefined : inputData),
    ...task('reference', siteData?.reference ? undefined : referenceData),
  ];
}

/** Name of the file that scoring programs read at /app/input/fact_sheet: question to answer, as JSON. */
const ANSWERS = 'answers.json';

export interface PrepareDeps {
  readonly cache: ArtifactCache;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/**
 * Fetches and unpacks what an attempt needs, side by side, and lays out the answers to the fact sheet. Answers with the code of an archive that cannot be unpacked, else with null.
 * However it ends, nothing writes in the workspace any more.
 */
export async function fetchArtifacts(
  assignment: Assignment,
  workspace: Workspace,
  deps: PrepareDeps,
): Promise<FailureCode | null> {
  const failed = new AbortController();
  const signal = AbortSignal.any([deps.signal, failed.signal]);
  const results = await Promise.allSettled(
    wantedArtifacts(assignment).map(async (wanted) => {
      try {
        return await fetchOne(wanted, workspace, { ...deps, signal });
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    }),
  );
  const { factSheetAnswers } = assignment;
  if (factSheetAnswers !== '')
    await workspace.makeFilled('fact-sheet', (folder) => writeFile(join(folder, ANSWERS), factSheetAnswers));
  deps.signal.throwIfAborted();
  failed.signal.throwIfAborted();
  const codes = results.map((result) => (result.status === 'fulfilled' ? result.value : null));
  return codes.find((code) => code !== null) ?? null;
}

async function fetchOne(
  { part, artifact, limits, unreadable }: Wanted,
  workspace: Workspace,
  { cache, signal, logger }: PrepareDeps,
): Promise<FailureCode | null> {
  using held = await cache.hold(artifact, signal);
  const result = await unpack(held.path, workspace.path(part), workspace.user, limits);
  if (result.kind === 'unpacked') return null;
  logger.info({ part, problem: result.failure }, 'an archive cannot be unpacked');
  return unreadable;
}

/** Folders of the site that an attempt is shown, read-only. */
export interface SiteFolders {
  readonly input: string | null;
  readonly reference: string | null;
  readonly appData: { readonly path: string; readonly steps: readonly ('prediction' | 'scoring')[] } | null;
  /** The task's own first. */
  readonly datasets: readonly ShownDataset[];
}

/** A dataset of the site that an attempt is shown. */
export interface ShownDataset {
  /** NAME@VERSION */
  readonly place: string;
  /** Of the data, or in a rehearsal of what stands in for them. */
  readonly digest: string;
  /** How many cases it has, where the site has said so. */
  readonly cases: number | null;
  /** Which of its parts are shown, and where. */
  readonly seen: readonly string[];
}

/**
 * Finds the site's datasets that stand in for archives or are shown at /app/data, and checks that they are what was registered and can be
 * read by `user`, whom containers run as. A rehearsal is given the synthetic stand-in.
 */
export async function openSiteData(
  { siteData, rehearsal }: Assignment,
  { appData }: Pick<Permission, 'appData'>,
  registry: DatasetRegistry,
  user: ContainerUser = containerUser(),
): Promise<SiteFolders> {
  const parts = (['input', 'reference'] as const).filter((part) => siteData?.[part]);
  const { name = '', version = '' } = siteData ?? {};
  const task =
    siteData && (await openDataset(registry, { name, version, synthetic: rehearsal, parts }, user));
  const shown =
    appData && (await openDataset(registry, { ...appData, synthetic: false, parts: ['input'] }, user));
  return {
    input: (siteData?.input && task?.input) || null,
    reference: (siteData?.reference && task?.reference) || null,
    appData: shown?.input && appData ? { path: shown.input, steps: appData.steps } : null,
    datasets: [
      ...(task ? [await describe(registry, { name, version }, task.digest, parts)] : []),
      ...(shown && appData ? [await describe(registry, appData, shown.digest, appData.steps)] : []),
    ],
  };
}

async function describe(
  registry: DatasetRegistry,
  { name, version }: { readonly name: string; readonly version: string },
  digest: string,
  seen: readonly string[],
): Promise<ShownDataset> {
  const { counts } = await registry.get(name, version);
  return { place: `${name}@${version}`, digest, cases: counts[REGISTERED_COUNT] ?? null, seen };
}
