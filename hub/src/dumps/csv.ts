type Cell = string | number | boolean | Date | null | object;

/** What spreadsheets would take for a formula when somebody opens the file. */
const FORMULA = /^[=+\-@\t\r]/;

/** One record as RFC 4180 has it. Texts that look like formulas get an apostrophe in front; times are in UTC. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(toCell).join(',')}\r\n`;
}

function toCell(value: Cell): string {
  if (value === null) return '';
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
