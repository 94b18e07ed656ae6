import type { Submission } from '#lib/api/types.ts';

type Change = Submission['changes'][number];

/** A score of it, or of one of its parts, was written by an organizer. */
export function isEdited({ changes, children }: Pick<Submission, 'changes' | 'children'>): boolean {
  return changes.some(({ kind }) => kind === 'score') || children.some(isEdited);
}

/** "Score: 0.9 → 0.1" */
export function tellChange({
  kind,
  columnTitle,
  oldValue,
  newValue,
}: Pick<Change, 'kind' | 'columnTitle' | 'oldValue' | 'newValue'>): string {
  switch (kind) {
    case 'score':
      return `${columnTitle ?? 'Score'}: ${oldValue ?? 'none'} → ${newValue ?? 'none'}`;
    case 'board':
      return 'Put on the board against its rule';
    default:
      return kind satisfies never;
  }
}
