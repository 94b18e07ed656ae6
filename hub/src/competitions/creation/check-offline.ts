import { type Problem, problemOfArchive } from '../../bundles/problem.ts';
import { COMPETITION_FILE, readBundle } from '../../bundles/read-bundle.ts';
import { intoNothing } from '../../creations/data.ts';
import { type Archive, ArchiveError } from '../../storage/archive/index.ts';
import { renderContent } from './content.ts';
import { dataReferences, storeData } from './data.ts';

export interface OfflineCheck {
  /** Null when there are problems. */
  readonly title: string | null;
  readonly problems: readonly Problem[];
  readonly notes: readonly Problem[];
}

/** All that a hub would find in a bundle, but for what only the hub knows: whether keys name something there, and what it gives to a run. */
export async function checkOffline(archive: Archive, signal: AbortSignal): Promise<OfflineCheck> {
  const { bundle, problems, notes } = await readBundle(archive);
  if (bundle === null) return { title: null, problems, notes };
  const { problems: unshown } = await renderContent(bundle);
  const found = [...unshown, ...(await damaged(() => storeData(archive, bundle, intoNothing(signal))))];
  const byKey = [
    ...dataReferences(bundle).filter(({ kind }) => kind === 'key'),
    ...bundle.tasks.filter(({ kind }) => kind === 'key'),
  ].length;
  const unknown = byKey > 0 || bundle.queue !== null ? [KEYS_UNCHECKED] : [];
  return { title: found.length > 0 ? null : bundle.title, problems: found, notes: [...notes, ...unknown] };
}

const KEYS_UNCHECKED: Problem = {
  severity: 'note',
  code: 'keys_unchecked',
  message: 'The bundle names data, tasks or a queue by key; only the hub knows whether they are there.',
  cure: 'Check it there as well: the upload page has "Check only".',
  file: COMPETITION_FILE,
  line: null,
  column: null,
  where: '',
};

async function damaged(read: () => Promise<unknown>): Promise<Problem[]> {
  try {
    await read();
    return [];
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    return [problemOfArchive(error)];
  }
}
