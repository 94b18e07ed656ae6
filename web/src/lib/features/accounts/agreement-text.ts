import type { Agreement } from '#lib/api/types.ts';

export type Purpose = Agreement['purposes'][number];
export type Share = Agreement['shares'][number];

export const PURPOSES: Readonly<Record<Purpose, string>> = {
  sign_in: 'sign in there',
  register: 'take part in competitions',
  submit: 'submit',
};

export const SHARES: Readonly<Record<Share, string>> = {
  display_name: 'display name',
  email_domain: 'verified e-mail domain',
  affiliation: 'affiliation',
  orcid: 'ORCID',
  visas: 'visas',
};

export const listed = (words: string[]) => (words.length > 0 ? words.join(', ') : 'nothing more');
