import type { Database } from '../../db/database.ts';
import { type CataloguePage, digestOf, type SignedEntry } from './entry.ts';

/** Of the text of the entries of one page: with its marks escaped, it stays below what a reader takes. */
const PAGE_UNITS = 300_000;

const isFor = (entry: string) => `${entry}.everyone_but <> ($1 = any(${entry}.peer_ids))`;

/** What has been said about a competition since is left out: one entry for each, the last that the peer may see. */
const ENTRIES = {
  name: 'catalogue-page',
  text: `
    select e.signed, e.key_id as "keyId", e.signature
    from catalogue_entries e
    where e.sequence > $2 and ${isFor('e')}
      and not exists (select from catalogue_entries l where l.competition_id = e.competition_id and l.sequence > e.sequence and ${isFor('l')})
    order by e.sequence
    limit $3`,
};

const HEAD = {
  name: 'catalogue-head',
  text: `
    select coalesce((select e.sequence from catalogue_entries e where ${isFor('e')} order by e.sequence desc limit 1), 0)::int as head,
      (select c.signed from catalogue_entries c where c.sequence = $2 and ${isFor('c')}) as "atCursor"`,
};

/** A part of this hub's catalogue, as far as the peer may see it: what comes after the entry with the sequence `after`. */
export async function readFeed(
  database: Database,
  peerId: number,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<CataloguePage> {
  const [heads, rows] = await Promise.all([
    database.prepared<{ head: number; atCursor: string | null }>(HEAD, [peerId, after]),
    database.prepared<SignedEntry & Record<string, unknown>>(ENTRIES, [peerId, after, limit + 1]),
  ]);
  const { head, atCursor } = heads[0]!;
  const entries = [];
  let units = 0;
  for (const { signed, keyId, signature } of rows.slice(0, limit)) {
    units += signed.length;
    if (entries.length > 0 && units > PAGE_UNITS) break;
    entries.push({ signed, keyId, signature });
  }
  return {
    head,
    cursorDigest: atCursor === null ? null : digestOf(atCursor),
    entries,
    more: rows.length > entries.length,
  };
}
