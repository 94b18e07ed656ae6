/** What a board's submission rule means for somebody who reads it. */
const rules: Record<string, string> = {
  Add: 'participants put one submission on the board',
  Add_And_Delete: 'participants choose which one of their submissions is on the board',
  Add_And_Delete_Multiple: 'participants choose which of their submissions are on the board',
  Force_Last: 'the latest submission of each participant counts',
  Force_Latest_Multiple: 'every submission counts',
  Force_Best: 'the best submission of each participant counts',
};

/** What puts the first entry on an empty board. */
export function explainEmpty(rule: string): string {
  return rule.startsWith('Add')
    ? 'Whoever has a scored submission can put it here, in the list of their submissions.'
    : 'The first scored submission appears here by itself.';
}

export function explainRule(rule: string): string {
  return rules[rule] ?? rule;
}
