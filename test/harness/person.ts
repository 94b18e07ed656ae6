import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client';
import type { AppRouter } from '@weir/hub/router';
import { expectStatus, RestClient } from './rest-client.ts';
import { type Wait, waitFor } from './wait-for.ts';

export interface Account {
  readonly username: string;
  readonly password: string;
}

export type Submission = Awaited<ReturnType<TRPCClient<AppRouter>['submissions']['get']['query']>>;
export type Run = Submission['runs'][number];

const OVER = ['Finished', 'Failed', 'Cancelled'];

/** Somebody with an account, at the two public APIs. */
export class Person {
  readonly username: string;
  readonly password: string;
  readonly trpc: TRPCClient<AppRouter>;
  readonly rest: RestClient;

  private constructor({ username, password }: Account, origin: string, token: string) {
    this.username = username;
    this.password = password;
    this.rest = new RestClient(origin, token);
    this.trpc = trpcClient(origin, { authorization: `Token ${token}` });
  }

  static async signIn(origin: string, account: Account): Promise<Person> {
    const answer = await new RestClient(origin).post('/api/api-token-auth/', account);
    const { token } = expectStatus(answer, 200) as { token: string };
    return new Person(account, origin, token);
  }

  static async register(origin: string, username: string): Promise<Person> {
    const account = { username, password: `the long password of ${username}` };
    const email = `${username}@example.org`;
    await trpcClient(origin).accounts.register.mutate({ ...account, email });
    return Person.signIn(origin, account);
  }

  /** Uploads a bundle and answers with how making a competition of it ended. */
  async createCompetition(bundle: Buffer) {
    const resourceKey = await this.rest.upload('competition_bundle', bundle, 'bundle.zip');
    const { creationId } = await this.trpc.competitions.createFromBundle.mutate({ resourceKey });
    return waitFor(
      'the bundle to be read',
      () => this.trpc.creations.get.query({ id: creationId }),
      ({ status }) => status !== 'Starting',
      { within: 60_000 },
    );
  }

  async submit(phaseId: number, archive: Buffer): Promise<number> {
    const resourceKey = await this.rest.upload('submission', archive, 'submission.zip');
    return (await this.trpc.submissions.create.mutate({ phaseId, resourceKey })).id;
  }

  submission(id: number): Promise<Submission> {
    return this.trpc.submissions.get.query({ id });
  }

  /** The submission once it is over, however it ended. */
  submissionOver(id: number, wait: Wait = {}): Promise<Submission> {
    return waitFor(
      `submission ${id} to be over`,
      () => this.submission(id),
      ({ status }) => OVER.includes(status),
      wait,
    );
  }

  /** The submission once one of its runs is in this state. */
  submissionInState(id: number, state: Run['state'], wait: Wait = {}): Promise<Submission> {
    return waitFor(
      `a run of submission ${id} to be ${state}`,
      () => this.submission(id),
      ({ runs }) => runs.some((run) => run.state === state),
      { every: 20, ...wait },
    );
  }
}

function trpcClient(origin: string, headers: Record<string, string> = {}): TRPCClient<AppRouter> {
  return createTRPCClient<AppRouter>({ links: [httpLink({ url: `${origin}/trpc`, headers })] });
}
