import type {
  BundleSolution,
  BundleTask,
  DataReference,
  FileDescription,
  NewTask,
  SiteData,
} from '../model.ts';
import { type Entry, entry } from './yaml-entry.ts';

/** Adds a small file to the archive. @returns its name */
export type AddText = (name: string, content: string) => string;

export function referenceEntry(reference: DataReference | null): string | null {
  if (reference === null) return null;
  return reference.kind === 'key' ? reference.key : reference.path;
}

export function taskEntry(task: BundleTask, addText: AddText): Entry {
  if (task.kind === 'key') return entry({ index: task.index, key: task.key });
  return entry({
    index: task.index,
    name: task.name,
    description: task.description || null,
    ingestion_only_during_scoring: task.ingestionOnlyDuringScoring,
    scoring_program: referenceEntry(task.scoringProgram),
    ingestion_program: referenceEntry(task.ingestionProgram),
    input_data: referenceEntry(task.inputData),
    reference_data: referenceEntry(task.referenceData),
    site_data: task.siteData && siteDataEntry(task.siteData),
    attestations: attestationNames(task, addText),
  });
}

function attestationNames({ index, attestations }: NewTask, addText: AddText): string[] | null {
  if (attestations.length === 0) return null;
  return attestations.map((content, place) => addText(`attestations/task-${index}-${place}.json`, content));
}

function siteDataEntry({ name, version, input, reference, rule }: SiteData): Entry {
  return entry({
    dataset: `${name}@${version}`,
    input,
    reference,
    sites: rule.sites ?? 'all',
    quorum: rule.quorum,
    min_sites: rule.minSites,
    combine: rule.combine,
    weight: rule.weight,
    missing: rule.missing,
    per_site: rule.perSite,
  });
}

export function solutionEntry(solution: BundleSolution): Entry {
  return entry({
    index: solution.index,
    name: solution.name,
    description: solution.description || null,
    tasks: solution.tasks,
    ...(solution.kind === 'key' ? { key: solution.key } : { path: referenceEntry(solution.data) }),
  });
}

export function fileEntry([path, { name, fileName, description }]: [string, FileDescription]): Entry {
  return entry({ path, name, file_name: fileName, description: description || null });
}
