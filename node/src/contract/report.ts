import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readBounded } from './read-bounded.ts';

const PREFERRED = 'detailed_results.html';

/** The HTML report in a scoring output: `detailed_results.html`, else the first `*.html` by name. Null without one, or when it is too large. */
export async function readReport(output: string, byteLimit: number): Promise<Buffer | null> {
  const names = (await readdir(output).catch(() => [])).filter((name) => name.endsWith('.html')).sort();
  const name = names.includes(PREFERRED) ? PREFERRED : names[0];
  if (name === undefined) return null;
  const report = await readBounded(join(output, name), byteLimit);
  return report.kind === 'content' ? report.bytes : null;
}
