import { asFields, type Fields } from '../fields.ts';

/**
 * `leaderboard.column_groups`: a mapping of keys to `{ label, rank }`. A column belongs to the one that its own `column_group` (an alias, as a
 * rule, or the key) names. Neither Codabench nor an older reader of ours needed any of it, so nothing here keeps a bundle out.
 * @returns the heading of a column, null when it has none
 */
export function readColumnGroups(leaderboard: Fields): (column: Fields) => string | null {
  const node = leaderboard.findValue('column_groups');
  const groups =
    node?.kind === 'mapping' ? asFields(leaderboard.log, node, leaderboard.pathOf('column_groups')) : null;
  const labels = new Map<string, string>();
  for (const key of groups?.keys() ?? []) {
    const group = groups?.find(key);
    labels.set(key, (group?.kind === 'mapping' ? labelIn(group.entries.get('label')?.value) : null) ?? key);
  }
  return (column) => {
    const named = column.findValue('column_group');
    if (named === undefined) return null;
    const label = named.kind === 'mapping' ? labelIn(named.entries.get('label')?.value) : null;
    if (label !== null) return label;
    if ('text' in named && labels.has(named.text)) return labels.get(named.text)!;
    const message = 'The group of the column is not among "column_groups"; the column stays without one.';
    column.note(
      'column_group',
      'column_group_unknown',
      message,
      'Name one of the groups, as "*alias" or by key.',
    );
    return null;
  };
}

function labelIn(node: { kind: string; text?: string } | undefined): string | null {
  return node?.text?.trim() || null;
}
