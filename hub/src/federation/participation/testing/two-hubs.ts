import { eq } from 'drizzle-orm';
import { competitions, pages, phases } from '../../../competitions/schema.ts';
import { type Seed, seedPhase } from '../../../dispatch/testing/seed.ts';
import type { TestPerson } from '../../../http/testing/test-hub.ts';
import { PURPOSES } from '../../identity/model.ts';
import { befriend, createFederatedHub, type FederatedHub } from '../../testing/federated-hub.ts';

/** A home hub with people, and a peer with competitions. */
export interface TwoHubs extends AsyncDisposable {
  readonly home: FederatedHub;
  readonly south: FederatedHub;
  readonly southAtHome: number;
  readonly homeAtSouth: number;
  /** Of the home hub, having agreed that south is told who they are. */
  person(name: string): Promise<TestPerson>;
  /** At south, and listed at home. */
  competition(options?: ChallengeOptions): Promise<Challenge>;
}

export interface Challenge {
  readonly hub: 'south';
  readonly id: number;
  readonly phaseId: number;
  readonly seed: Seed;
}

export interface ChallengeOptions extends NonNullable<Parameters<typeof seedPhase>[1]> {
  readonly settings?: Partial<typeof competitions.$inferInsert>;
  readonly page?: string;
}

export async function createTwoHubs(): Promise<TwoHubs> {
  await using stack = new AsyncDisposableStack();
  const home = stack.use(await createFederatedHub('home'));
  const south = stack.use(await createFederatedHub('south'));
  const { otherAtOne: southAtHome, oneAtOther: homeAtSouth } = await befriend(home, south);
  const disposal = stack.move();
  return {
    home,
    south,
    southAtHome,
    homeAtSouth,

    async person(name) {
      const person = await home.person(name);
      const agreement = { purposes: PURPOSES, shares: [], subjectKind: 'pairwise' } as const;
      await home.context.identity.agreements.give(person.actor, southAtHome, agreement);
      return person;
    },

    async competition({ settings = {}, page = '<p>Welcome</p>', ...options } = {}) {
      const { database } = south.context;
      const seed = await seedPhase(database, options);
      const [phase] = await database.queries.select().from(phases).where(eq(phases.id, seed.phaseId));
      const id = phase!.competitionId;
      await database.queries
        .update(competitions)
        .set({
          title: 'Sepsis',
          published: true,
          registrationAutoApprove: true,
          termsHtml: '<p>Be honest.</p>',
          ...settings,
        })
        .where(eq(competitions.id, id));
      await database.queries
        .insert(pages)
        .values({ competitionId: id, index: 0, title: 'Overview', source: page, html: page });
      await south.context.catalogue.publisher.publish();
      await home.context.catalogue.replication.replicate(southAtHome);
      return { hub: 'south', id, phaseId: seed.phaseId, seed };
    },

    [Symbol.asyncDispose]: () => disposal.disposeAsync(),
  };
}
