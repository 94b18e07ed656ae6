import { type RunningHub, readEnv, startHub, toConfig, toSecrets } from '@weir/hub';
import { type Actor, anonymous } from '@weir/hub/accounts/access';
import { users } from '@weir/hub/accounts/schema';
import { relation } from '@weir/hub/federation/peers/relation';
import { SCOPES } from '@weir/hub/federation/peers/state';
import { eq, sql } from 'drizzle-orm';
import pino from 'pino';
import { type FederationCommand, type FederationReply, spreadOf } from './federation-protocol.ts';
import { actorOf, submit } from './federation-submit.ts';

/** More than any peer is let by default: what is measured is the hubs, not the limit. */
const CALLS_PER_MINUTE = 1_000_000;

class FederationLoad {
  readonly #hub: RunningHub;
  readonly #actor: Actor;

  constructor(hub: RunningHub, actor: Actor) {
    this.#hub = hub;
    this.#actor = actor;
  }

  static async of(hub: RunningHub): Promise<FederationLoad> {
    const { queries } = hub.context.database;
    const [admin] = await queries.select().from(users).where(eq(users.isAdmin, true)).limit(1);
    const { id, username } = admin!;
    const user = { id, username, isAdmin: true, isRobot: false };
    return new FederationLoad(hub, { kind: 'user', user, via: 'session' });
  }

  async do(command: FederationCommand): Promise<FederationReply> {
    const { federation, catalogue } = this.#hub.context;
    switch (command.kind) {
      case 'seed':
        return this.#measured(() => this.#seed(command.competitions));
      case 'publish':
        return this.#measured(() => catalogue.publisher.publish());
      case 'invite': {
        const { code } = await federation.introductions.invite(this.#actor, {
          scopes: SCOPES,
          note: 'load',
          days: 1,
        });
        return { kind: 'invited', code };
      }
      case 'accept':
        await federation.introductions.accept(this.#actor, command.code, SCOPES);
        await this.#letMany();
        return this.#measured(async () => 0);
      case 'confirm':
        await federation.administration.confirm(this.#actor, await this.#peerId(), SCOPES);
        await this.#letMany();
        return this.#measured(async () => 0);
      case 'replicate':
        return this.#measured(() => this.#replicate());
      case 'list':
        return this.#list(command.requests, command.search);
      case 'call':
        return this.#call(command.inFlight, command.seconds);
      case 'agree':
        return this.#measured(() => this.#agree(command.username));
      case 'submit':
        return submit(this.#hub.context, command);
      case 'stop':
        await this.#hub[Symbol.asyncDispose]();
        return process.exit(0);
      default:
        return command satisfies never;
    }
  }

  async #measured(work: () => Promise<number>): Promise<FederationReply> {
    const started = performance.now();
    const count = await work();
    const seconds = (performance.now() - started) / 1_000;
    const memory = { now: process.memoryUsage.rss(), highest: process.resourceUsage().maxRSS * 1024 };
    return { kind: 'done', seconds, memory, count };
  }

  async #peerId(): Promise<number> {
    return (await this.#hub.context.federation.directory.list())[0]!.id;
  }

  async #letMany(): Promise<void> {
    await this.#hub.context.federation.administration.setRate(
      this.#actor,
      await this.#peerId(),
      CALLS_PER_MINUTE,
    );
  }

  /** Titles and descriptions as long as people write them. */
  async #seed(count: number): Promise<number> {
    const { queries } = this.#hub.context.database;
    await queries.execute(sql`
      with made as (
        insert into competitions (title, description, created_by, published, docker_image)
        select 'Challenge ' || i || ' on ' || (array['sepsis', 'stroke', 'retina', 'lung', 'wound'])[1 + i % 5],
          repeat('What is predicted from what, and for whom. ', 5), (select min(id) from users), true, 'none'
        from generate_series(1, ${count}::int) i returning id
      ), boards as (
        insert into leaderboards (competition_id, title, key) select id, 'Results', 'results' from made returning id, competition_id
      )
      insert into phases (competition_id, "index", name, starts_at, leaderboard_id)
      select competition_id, 0, 'Main', '2026-01-01', id from boards`);
    await queries.execute(sql`vacuum analyze`);
    return count;
  }

  /** What one reading leaves for the next is read at once. */
  async #replicate(): Promise<number> {
    const { catalogue, database } = this.#hub.context;
    const peerId = await this.#peerId();
    const count = async () => {
      const { rows } = await database.pool.query<{ count: number }>(
        'select count(*)::int as count from peer_competitions',
      );
      return rows[0]!.count;
    };
    let [before, now] = [-1, 0];
    while (now > before) {
      before = now;
      await catalogue.replication.replicate(peerId);
      now = await count();
    }
    return now;
  }

  async #agree(username: string): Promise<number> {
    const { context } = this.#hub;
    const agreement = { purposes: ['register', 'submit'], shares: [], subjectKind: 'pairwise' } as const;
    const actor = await actorOf(context, username);
    await context.identity.agreements.give(actor, await this.#peerId(), agreement);
    return 1;
  }

  async #list(requests: number, search?: string): Promise<FederationReply> {
    const { catalogue } = this.#hub.context;
    const times: number[] = [];
    const started = performance.now();
    for (let request = 0; request < requests; request++) {
      const asked = performance.now();
      await catalogue.list(anonymous, search === undefined ? {} : { search });
      times.push(performance.now() - asked);
    }
    const perSecond = requests / ((performance.now() - started) / 1_000);
    return { kind: 'timed', perSecond, milliseconds: spreadOf(times) };
  }

  async #call(inFlight: number, seconds: number): Promise<FederationReply> {
    const client = this.#hub.context.federation.peers.client(await this.#peerId());
    const times: number[] = [];
    const started = performance.now();
    const until = started + seconds * 1_000;
    const lane = async () => {
      while (performance.now() < until) {
        const asked = performance.now();
        await client.call(relation, (peer) => peer.hub.describe.query({}));
        times.push(performance.now() - asked);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, lane));
    const perSecond = times.length / ((performance.now() - started) / 1_000);
    return { kind: 'timed', perSecond, milliseconds: spreadOf(times) };
  }
}

const env = readEnv();
const config = toConfig(env);
const log = pino({ level: process.env.WEIR_LOG_LEVEL ?? 'warn' });
const hub = await startHub(config, toSecrets(env, config), { log });
const load = await FederationLoad.of(hub);
const reply = (message: FederationReply) => process.send?.(message);

process.on('message', async (command: FederationCommand) => {
  try {
    reply(await load.do(command));
  } catch (error) {
    reply({
      kind: 'failed',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }
});
reply({ kind: 'done', seconds: 0, memory: { now: 0, highest: 0 }, count: 0 });
