import { asFields, type Fields } from '../fields.ts';
import type { FactSheetQuestion } from '../model.ts';

const QUESTION_KEYS = ['key', 'type', 'title', 'selection', 'is_required', 'is_on_leaderboard'];

/** A mapping of keys to questions, each with exactly the six keys above. */
export function readFactSheet(root: Fields): FactSheetQuestion[] {
  const node = root.findValue('fact_sheet');
  if (node === undefined || (node.kind === 'string' && node.text === '')) return [];
  const sheet = asFields(root.log, node, root.pathOf('fact_sheet'));
  if (sheet === null) return [];
  return [...sheet.mapping.entries].flatMap(([key, { value }]) => {
    const question = asFields(root.log, value, sheet.pathOf(key));
    return question === null ? [] : [readQuestion(key, question)];
  });
}

function readQuestion(key: string, fields: Fields): FactSheetQuestion {
  const missing = QUESTION_KEYS.filter((name) => fields.find(name) === undefined);
  const extra = [...fields.mapping.entries.keys()].filter((name) => !QUESTION_KEYS.includes(name));
  if (missing.length > 0 || extra.length > 0) {
    const faults = [
      ...missing.map((name) => `"${name}" is missing`),
      ...extra.map((name) => `"${name}" does not belong there`),
    ];
    const cure = `Give exactly: ${QUESTION_KEYS.join(', ')}.`;
    fields.log.error(
      'fact_sheet_keys',
      { where: fields.where, at: fields.mapping.at },
      `${faults.join(', ')}.`,
      cure,
    );
  }
  const ownKey = fields.find('key') === undefined ? key : fields.text('key');
  if (ownKey !== key) {
    fields.error(
      'key',
      'fact_sheet_key',
      `The question "${key}" calls itself "${ownKey}".`,
      `Write "key: ${key}".`,
    );
  }
  return {
    key,
    type: fields.choice('type', ['checkbox', 'text', 'select'], 'text'),
    title: fields.text('title') ?? '',
    selection: readSelection(fields),
    // Whatever is not "true" is no there.
    isRequired: fields.log.leniently(() => fields.flag('is_required', false)),
    isOnLeaderboard: fields.log.leniently(() => fields.flag('is_on_leaderboard', false)),
  };
}

/** Choices are a list, of text as a rule and of booleans for a checkbox; `""` where there is nothing to choose. */
function readSelection(fields: Fields): string[] {
  const node = fields.findValue('selection');
  if (node === undefined || node.kind === 'mapping') return [];
  if (node.kind !== 'sequence') return node.text === '' ? [] : [node.text];
  return node.items.flatMap((item) =>
    item.kind === 'mapping' || item.kind === 'sequence' ? [] : [item.text],
  );
}
