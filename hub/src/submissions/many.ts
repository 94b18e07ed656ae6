import { DomainError } from '../http/domain-error.ts';

/** What came of the same thing done to many submissions. */
export interface ManyDone {
  readonly done: number[];
  readonly refused: { readonly id: number; readonly code: string; readonly message: string }[];
}

/** Does something to one after the other. One that is refused holds up no other; a fault of ours stops. */
export async function doToMany(
  ids: readonly number[],
  act: (id: number) => Promise<unknown>,
): Promise<ManyDone> {
  const done: number[] = [];
  const refused: ManyDone['refused'] = [];
  for (const id of new Set(ids)) {
    try {
      await act(id);
      done.push(id);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      refused.push({ id, code: error.code, message: error.message });
    }
  }
  return { done, refused };
}
