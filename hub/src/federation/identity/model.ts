/**
 * What a person lets a peer be told for:
 *
 * - `register`: to take part in its competitions, and to read what participants may read
 * - `submit`: to enter submissions and to follow them
 * - `sign_in`: to use its portal
 */
export const PURPOSES = ['register', 'submit', 'sign_in'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** What a person lets it be told, beside their user name and what is needed to know them again. */
export const SHARES = ['display_name', 'email_domain', 'affiliation', 'orcid', 'visas'] as const;
export type Share = (typeof SHARES)[number];

/**
 * How a peer knows somebody again: by a subject that no other hub is told (`pairwise`, unless the person wants otherwise), or by one that is the same
 * everywhere (`public`), so that hubs can tell that it is the same person.
 */
export const SUBJECT_KINDS = ['pairwise', 'public'] as const;
export type SubjectKind = (typeof SUBJECT_KINDS)[number];
