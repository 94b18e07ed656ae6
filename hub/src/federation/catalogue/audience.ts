/** Which peers something is for: the listed ones, or everyone but them, also those to come. */
export interface Audience {
  readonly everyoneBut: boolean;
  readonly peerIds: readonly number[];
}

export const NOBODY: Audience = { everyoneBut: false, peerIds: [] };
export const EVERYONE: Audience = { everyoneBut: true, peerIds: [] };

export function isNobody({ everyoneBut, peerIds }: Audience): boolean {
  return !everyoneBut && peerIds.length === 0;
}

/** Those of `before` who are not in `after`. */
export function without(before: Audience, after: Audience): Audience {
  const has = (audience: Audience) => (id: number) => audience.everyoneBut !== audience.peerIds.includes(id);
  if (!before.everyoneBut)
    return { everyoneBut: false, peerIds: before.peerIds.filter((id) => !has(after)(id)) };
  if (after.everyoneBut) return { everyoneBut: false, peerIds: after.peerIds.filter(has(before)) };
  return { everyoneBut: true, peerIds: [...new Set([...before.peerIds, ...after.peerIds])] };
}
