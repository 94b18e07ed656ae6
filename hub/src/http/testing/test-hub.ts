import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse, RouteOptions } from 'fastify';
import pino from 'pino';
import type { Actor } from '../../accounts/access.ts';
import { toConfig } from '../../config/config.ts';
import type { Env } from '../../config/env.ts';
import { toSecrets } from '../../config/secrets.ts';
import { createContext, type HubContext } from '../../context/context.ts';
import { createTestDatabase } from '../../db/testing/test-database.ts';
import { createHttpApp } from '../app.ts';

export interface TestPerson {
  readonly id: number;
  readonly username: string;
  readonly password: string;
  readonly actor: Actor;
  /** Headers of a request with an API token. */
  readonly headers: { readonly authorization: string };
}

/** A hub without a port, on a database and a folder of its own: requests are injected, services called directly. */
export interface TestHub extends AsyncDisposable {
  readonly context: HubContext;
  readonly app: FastifyInstance;
  /** As they were registered. */
  readonly routes: readonly RouteOptions[];
  /** Begins to stop, as a signal would. */
  stop(): void;
  person(username: string, role?: { isAdmin?: boolean; isRobot?: boolean }): Promise<TestPerson>;
  /** A tRPC call over HTTP: GET for queries, POST for mutations. */
  call(
    kind: 'query' | 'mutation',
    path: string,
    input?: unknown,
    person?: TestPerson,
  ): Promise<LightMyRequestResponse>;
  inject(request: InjectOptions, person?: TestPerson): Promise<LightMyRequestResponse>;
  /** An upload from its start to its end. @returns its key */
  upload(person: TestPerson, type: 'submission' | 'competition_bundle', content: Buffer): Promise<string>;
}

export async function createTestHub(env: Env = {}): Promise<TestHub> {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'weir-hub-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  const database = stack.use(await createTestDatabase());
  const stopping = new AbortController();
  const routes: RouteOptions[] = [];
  const config = toConfig({ WEIR_HOME: home, ...env });
  const context = stack.use(
    await createContext({
      config,
      secrets: toSecrets({ WEIR_HOME: home, ...env }, config),
      databaseUrl: database.url,
      log: pino({ level: 'silent' }),
      stopping: stopping.signal,
    }),
  );
  await context.competitions.prepare();
  const app = stack.adopt(await createHttpApp(context, { onRoute: (route) => routes.push(route) }), (app) =>
    app.close(),
  );
  stack.defer(() => stopping.abort());

  const inject = (request: InjectOptions, person?: TestPerson) =>
    app.inject({ ...request, headers: { ...person?.headers, ...request.headers } });
  const disposal = stack.move();

  return {
    context,
    app,
    inject,
    routes,
    stop: () => stopping.abort(),
    async person(username, { isAdmin = false, isRobot = false } = {}) {
      const password = `${username}'s long password`;
      const email = `${username}@example.org`;
      const { id } = await context.accounts.create({ username, email, password, isAdmin, isRobot });
      const { token } = await context.accounts.tokens.issue(id, { name: 'test', expiresInDays: null });
      const user = { id, username, isAdmin, isRobot };
      return {
        id,
        username,
        password,
        actor: { kind: 'user', user, via: 'session' },
        headers: { authorization: `Token ${token}` },
      };
    },
    call(kind, path, input, person) {
      if (kind === 'mutation')
        return inject({ method: 'POST', url: `/trpc/${path}`, payload: input ?? {} }, person);
      const query = input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`;
      return inject({ method: 'GET', url: `/trpc/${path}${query}` }, person);
    },
    async upload(person, type, content) {
      const request = { type, fileName: `${type}.zip`, size: content.length };
      const { key, uploadPath } = await context.resources.startUpload(person.actor, request);
      const response = await inject({ method: 'PUT', url: uploadPath, payload: content });
      if (response.statusCode !== 200) throw new Error(response.body);
      return key;
    },
    [Symbol.asyncDispose]: () => disposal.disposeAsync(),
  };
}
