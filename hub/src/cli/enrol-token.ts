import { openContext } from './hub-database.ts';
import { required } from './usage-error.ts';

export interface EnrolTokenOptions {
  readonly site?: string | undefined;
  readonly title?: string | undefined;
  readonly 'serves-default-queue': boolean;
  readonly 'shares-scores': boolean;
}

/** Prints the token and nothing else, so that it can be piped to the node. */
export async function enrolToken(options: EnrolTokenOptions): Promise<void> {
  const name = required('--site', options.site);
  const title = required('--title', options.title);
  await using context = await openContext();
  await context.sites.createSite({ name, title, servesDefaultQueue: options['serves-default-queue'] });
  if (options['shares-scores']) await context.sites.setSharesScores(name, true);
  const { token } = await context.sites.createEnrolment(name);
  console.log(token);
}
