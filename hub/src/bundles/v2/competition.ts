import type { Fields } from '../fields.ts';
import type { BundleFiles } from '../files.ts';
import { type Bundle, type BundlePage, type BundleTask, DEFAULT_DOCKER_IMAGE, LOG_LEVELS } from '../model.ts';
import { readSettings } from '../settings.ts';
import { readFactSheet } from './fact-sheet.ts';
import { readFileDescriptions } from './file-descriptions.ts';
import { readLeaderboards } from './leaderboards.ts';
import { readPhases } from './phases.ts';
import { readRequiredAttributes } from './required-attributes.ts';
import { readSolutions } from './solutions.ts';
import { readTasks } from './tasks.ts';

/** Reads the layout that Codabench calls version 2. */
export async function readVersion2(root: Fields, files: BundleFiles): Promise<Bundle> {
  const isDump = root.integer('weir_dump') !== null;
  const tasks = await readTasks(root, files, { isDump });
  const isForSites = tasks.some((task) => task.kind === 'new' && task.siteData !== null);
  const leaderboards = readLeaderboards(root, { isForSites });
  const indexes = taskIndexes(tasks);
  return {
    format: '2',
    isDump,
    ...readSettings(root),
    image: await files.image(root, 'image', { mayLack: isDump }),
    terms: await files.text(root, 'terms', { allowEmpty: isDump }),
    dockerImage: root.text('docker_image', { max: 128 }) ?? DEFAULT_DOCKER_IMAGE,
    registrationAutoApprove: root.flag('registration_auto_approve', false),
    competitionType: root.choice('competition_type', ['competition', 'benchmark'], 'competition'),
    forumEnabled: root.flag('forum_enabled', true),
    reward: root.text('reward', { max: 256 }),
    contactEmail: readEmail(root),
    logs: root.choice('logs', LOG_LEVELS, null),
    factSheet: readFactSheet(root),
    requiredAttributes: readRequiredAttributes(root),
    pages: await readPages(root, files, { isDump }),
    tasks,
    solutions: readSolutions(root, files, indexes),
    phases: readPhases(root, files, { isDump, tasks: indexes, leaderboards }),
    leaderboards,
    files: readFileDescriptions(root, files),
  };
}

/** `null` when tasks are missing or unnumbered: what refers to them is then not reported as well. */
function taskIndexes(tasks: readonly BundleTask[]): ReadonlySet<number> | null {
  const indexes = new Set(tasks.map((task) => task.index));
  return indexes.size === 0 || indexes.has(Number.NaN) ? null : indexes;
}

async function readPages(
  root: Fields,
  files: BundleFiles,
  { isDump }: { isDump: boolean },
): Promise<BundlePage[]> {
  if (root.findValue('pages') === undefined) {
    root.error(
      'pages',
      'key_missing',
      '"pages" is missing.',
      'Add a list of pages, each with a title and a file.',
    );
  }
  const pages: BundlePage[] = [];
  for (const page of root.mappings('pages')) {
    pages.push({
      title: page.requiredText('title'),
      ...(await files.text(page, 'file', { allowEmpty: isDump })),
    });
    page.noteUnknownKeys();
  }
  return pages;
}

function readEmail(root: Fields): string | null {
  const email = root.text('contact_email', { max: 256 });
  if (email !== null && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) {
    root.error(
      'contact_email',
      'not_an_email',
      `"${email}" is no e-mail address.`,
      'Write one address, such as name@example.org.',
    );
  }
  return email;
}
