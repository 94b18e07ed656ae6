import type { Peer } from '#lib/api/types.ts';

export type Scope = Peer['scopesGiven'][number];

export function scopeWords(scopes: readonly unknown[]): string {
  const given = SCOPES.filter(({ scope }) => scopes.includes(scope));
  return given.length === 0 ? 'nothing' : given.map(({ label }) => label.toLowerCase()).join('; ');
}

/** In the words of whoever grants them. */
export const SCOPES: readonly { scope: Scope; label: string }[] = [
  { scope: 'list', label: 'Read the catalogue of competitions' },
  { scope: 'register', label: 'Have its people take part' },
  { scope: 'submit', label: 'Enter submissions for them' },
  { scope: 'evaluate', label: 'Hand over runs to be evaluated' },
];
