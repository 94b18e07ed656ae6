import type { RunReceipt, Submission } from '#lib/api/types.ts';

/**
 * The scores of a run that this very page shows, of those that a site signs: what stands elsewhere on the page is held against the receipt,
 * not what the hub says about it a second time. Scores of several sites are combined, so each site's own count there.
 */
export function shownOnPage(submission: Submission, run: RunReceipt): Record<string, string> {
  const leaf = [submission, ...submission.children].find(({ runs }) =>
    runs.some(({ id }) => id === run.runId),
  );
  const only = leaf?.runs.length === 1 ? leaf.scores : [];
  const own = leaf?.runs.find(({ id }) => id === run.runId)?.scores ?? [];
  const page = Object.fromEntries([...own, ...only].map(({ columnKey, value }) => [columnKey, value]));
  return Object.fromEntries(Object.entries(run.shown).map(([key, value]) => [key, page[key] ?? value]));
}
