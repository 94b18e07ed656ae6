/** Who is behind a run, as the row of the account says. */
export interface Submitter {
  /** User name. */
  readonly submitter: string;
  readonly submitterId: number;
  readonly submitterEmail: string;
  readonly submitterIsRobot: boolean;
}

/** What this hub vouches for about a submitter, for the policies of sites. */
export function attributesOf({
  submitterEmail,
  submitterIsRobot,
}: Pick<Submitter, 'submitterEmail' | 'submitterIsRobot'>): Record<string, string> {
  const domain = submitterEmail.slice(submitterEmail.lastIndexOf('@') + 1).toLowerCase();
  return { ...(domain && { email_domain: domain }), ...(submitterIsRobot && { robot: 'true' }) };
}
