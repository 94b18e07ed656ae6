import type { Peer } from '#lib/api/types.ts';

export type Scope = Peer['scopesGiven'][number];

/** In the words of whoever grants them. */
export const SCOPES: readonly { scope: Scope; label: string }[] = [
  { scope: 'list', label: 'Read the catalogue of competitions' },
  { scope: 'register', label: 'Let its people take part' },
  { scope: 'submit', label: 'Enter submissions for them' },
  { scope: 'evaluate', label: 'Hand over runs to be evaluated' },
];
