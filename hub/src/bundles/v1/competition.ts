import type { Fields } from '../fields.ts';
import type { BundleFiles } from '../files.ts';
import { type Bundle, type BundlePage, type BundleText, DEFAULT_DOCKER_IMAGE } from '../model.ts';
import { readSettings } from '../settings.ts';
import { readLeaderboards } from './leaderboards.ts';
import { noteLeftOut } from './left-out.ts';
import { readPhases } from './phases.ts';

/**
 * Reads the layout of CodaLab's bundles, versions 1, 1.5 and 1.8, as Codabench takes them over: every phase gets a task
 * of its own. Unlike there, computed columns and column groups are kept; what has no counterpart (teams, for one) is noted.
 */
export async function readVersion1(root: Fields, files: BundleFiles): Promise<Bundle> {
  const { pages, terms } = await readHtml(root, files);
  const { phases, tasks } = readPhases(root, files);
  noteLeftOut(root, 'root');
  return {
    format: '1.5',
    isDump: false,
    ...readSettings(root),
    image: await files.image(root, 'image'),
    terms,
    pages,
    dockerImage: root.text('competition_docker_image', { max: 128 }) ?? DEFAULT_DOCKER_IMAGE,
    registrationAutoApprove: !root.log.leniently(() => root.flag('has_registration', true)),
    competitionType: 'competition',
    forumEnabled: root.log.leniently(() => root.flag('enable_forum', true)),
    reward: root.log.leniently(() => root.text('reward'))?.slice(0, 256) ?? null,
    contactEmail: null,
    logs: null,
    factSheet: [],
    requiredAttributes: [],
    phases,
    tasks,
    solutions: [],
    leaderboards: readLeaderboards(root),
    files: new Map(),
  };
}

/** `html` maps titles of pages to files, in order; `terms` is no page. Empty files are fine in this version. */
async function readHtml(
  root: Fields,
  files: BundleFiles,
): Promise<{ pages: BundlePage[]; terms: BundleText }> {
  const html = root.requiredFields('html');
  const pages: BundlePage[] = [];
  for (const title of html.keys()) {
    if (title === 'terms') continue;
    pages.push({ title, ...(await files.text(html, title, { allowEmpty: true })) });
  }
  return { pages, terms: await files.text(html, 'terms', { allowEmpty: true }) };
}
