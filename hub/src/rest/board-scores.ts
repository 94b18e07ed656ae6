import type { BoardRow } from '../leaderboards/row.ts';

/**
 * An entry's scores, task by task, as Codabench lists them. What is of the entry as a whole and of none of its tasks (columns made of ranks, and what a board
 * has released) stands under the first.
 */
export function scoresByTask({ scores, perTask }: BoardRow): BoardRow['perTask'] {
  const ofTasks = new Set(perTask.flatMap((part) => Object.keys(part.scores)));
  const ofWhole = Object.fromEntries(
    Object.entries(scores).flatMap(([key, score]) =>
      score && !ofTasks.has(key) ? [[key, score.value]] : [],
    ),
  );
  return perTask.map((part, place) =>
    place === 0 ? { ...part, scores: { ...part.scores, ...ofWhole } } : part,
  );
}
