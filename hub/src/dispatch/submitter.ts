import { type Attribute, stillValid } from '../accounts/attributes.ts';

/** Who is behind a run, as the row of the account says. */
export interface Submitter {
  /** User name. */
  readonly submitter: string;
  readonly submitterId: number;
  /** What institutions, or the home hub, vouch for. */
  readonly submitterVouched: readonly Attribute[];
  readonly submitterIsRobot: boolean;
}

/**
 * What this hub vouches for about a submitter, for the policies of sites: nothing that people say of themselves. Several values of one name are on lines
 * of their own.
 */
export function attributesOf({
  submitterVouched,
  submitterIsRobot,
}: Pick<Submitter, 'submitterVouched' | 'submitterIsRobot'>): Record<string, string> {
  const values = new Map<string, string>();
  for (const { name, value } of stillValid(submitterVouched)) {
    const others = values.get(name);
    values.set(name, others === undefined ? value : `${others}\n${value}`);
  }
  return { ...Object.fromEntries(values), ...(submitterIsRobot && { robot: 'true' }) };
}
