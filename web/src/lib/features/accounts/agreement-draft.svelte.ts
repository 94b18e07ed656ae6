import type { Api } from '#lib/api/client.ts';
import type { Purpose, Share } from './agreement-text.ts';

export interface Agreed {
  readonly purposes: readonly Purpose[];
  readonly shares: readonly Share[];
  readonly subjectKind: 'pairwise' | 'public';
}

/** What a person is about to agree that a hub is told, and what for. */
export class AgreementDraft {
  purposes = $state<Purpose[]>([]);
  shares = $state<Share[]>([]);
  isPublic = $state(false);
  /** Without these there is no use in agreeing now. */
  readonly needed: readonly Purpose[];
  readonly #before: Agreed | null;

  /**
   * @param before what holds until now, which is replaced
   * @param preset chosen where nothing was agreed before
   */
  constructor({
    before = null,
    needed = [],
    preset = ['register', 'submit'],
  }: {
    before?: Agreed | null;
    needed?: readonly Purpose[];
    preset?: readonly Purpose[];
  }) {
    this.needed = needed;
    this.#before = before;
    this.purposes = [...new Set([...needed, ...(before?.purposes ?? preset)])];
    this.shares = [...(before?.shares ?? ['display_name' as const])];
    this.isPublic = before?.subjectKind === 'public';
  }

  /** Nothing happens where all of it was agreed before. */
  async give(api: Api, peerId: number): Promise<void> {
    const { purposes, shares, isPublic } = this;
    const before = this.#before;
    const isAsBefore =
      before !== null &&
      (before.subjectKind === 'public') === isPublic &&
      isSame(before.purposes, purposes) &&
      isSame(before.shares, shares);
    if (isAsBefore) return;
    const subjectKind = isPublic ? 'public' : 'pairwise';
    await api.identity.agreements.give.mutate({ peerId, purposes, shares, subjectKind });
  }
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each) => other.includes(each));
}
