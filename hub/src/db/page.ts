/** A part of a list, and where to go on. */
export interface Page<Item> {
  readonly items: Item[];
  /** Null at the end. */
  readonly nextCursor: string | null;
}

/**
 * Makes a page of rows that were read with a limit one larger than the page: the extra row shows that there is more.
 * @param cursorOf what the query needs in order to go on after a row
 */
export function toPage<Row>(rows: readonly Row[], limit: number, cursorOf: (row: Row) => unknown): Page<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? encodeCursor(cursorOf(last)) : null;
  return { items, nextCursor };
}

export function mapPage<Row, Item>(page: Page<Row>, map: (row: Row) => Item): Page<Item> {
  return { items: page.items.map(map), nextCursor: page.nextCursor };
}

/** Opaque to whoever holds it. */
export function encodeCursor(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** What `cursorOf` gave. Whoever sends something else starts from the beginning. */
export function decodeCursor<Cursor>(
  cursor: string | undefined | null,
  isCursor: (value: unknown) => value is Cursor,
): Cursor | null {
  if (!cursor) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return isCursor(value) ? value : null;
  } catch {
    return null;
  }
}

/** For lists in the order of their ids. */
export function decodeIdCursor(cursor: string | undefined | null): number | null {
  return decodeCursor(cursor, (value): value is number => Number.isSafeInteger(value));
}
