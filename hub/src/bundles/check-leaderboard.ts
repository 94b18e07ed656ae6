import { stringify } from 'yaml';
import { asFields } from './fields.ts';
import type { BundleLeaderboard } from './model.ts';
import { type Problem, ProblemLog } from './problem.ts';
import { readLeaderboard } from './v2/leaderboards.ts';
import { leaderboardEntry } from './writing/leaderboards.ts';
import { readYaml } from './yaml.ts';

/**
 * Holds a board that was put together elsewhere to the rules of bundles, by writing it as one and reading that. Here nothing is taken leniently: what
 * would only be noted of a bundle, whose keys may be for another platform, is a problem.
 */
export function checkLeaderboard(
  board: BundleLeaderboard,
): { readonly board: BundleLeaderboard } | { readonly problems: readonly Problem[] } {
  const file = 'leaderboard';
  const { root, problems } = readYaml(
    file,
    Buffer.from(stringify(leaderboardEntry(board), { lineWidth: 0 })),
  );
  const log = new ProblemLog(file);
  const fields = root && asFields(log, root, '');
  if (!fields) return { problems: [...problems, ...log.errors] };
  const read = readLeaderboard(fields, true);
  const found = [...log.errors, ...log.notes];
  return found.length > 0 ? { problems: found } : { board: read };
}
