import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { FastifyInstance, InjectOptions } from 'fastify';
import type { ReservedBits } from '../../egress/budgets.ts';
import { homeAt, makeHome } from '../../home/home.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { createLogger } from '../../logging/logger.ts';
import { PeopleDesk } from '../../people/desk.ts';
import type { AskedQuestion } from '../../people/question.ts';
import { type AskOptions, questionIn } from '../../people/testing/ask.ts';
import { decide } from '../../policy/decide.ts';
import { parsePolicy } from '../../policy/parse.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { ReleaseSums } from '../budget-lines.ts';
import { type ConsolePerson, Persons } from '../persons.ts';
import { buildConsole } from '../server.ts';
import { Sessions } from '../sessions.ts';
import type { ConsoleActions, ConsoleView, CurrentRun, DatasetView } from '../view.ts';

const HOST = '127.0.0.1:4380';
const POLICY = `version: 1
hubs: any
competitions: [7]
submitters: any
programs: any
images: any
resources: { memory: 8GiB, cpus: 2, step_seconds: 3600, disk: 20GiB }
...
`;

/** A console with a real desk, ledger and policy in a home of its own, and a node that only notes what it is told to do. */
export class TestConsole implements AsyncDisposable {
  readonly app: FastifyInstance;
  readonly people: PeopleDesk;
  readonly persons: Persons;
  readonly ledger: Ledger;
  readonly folder: string;
  readonly did: string[] = [];
  datasets: DatasetView[] = [];
  runs: CurrentRun[] = [];
  reserved: ReservedBits[] = [];
  readonly #disposal: AsyncDisposableStack;

  private constructor(
    parts: Pick<TestConsole, 'people' | 'persons' | 'ledger' | 'folder'>,
    app: FastifyInstance,
    disposal: AsyncDisposableStack,
  ) {
    this.app = app;
    this.people = parts.people;
    this.persons = parts.persons;
    this.ledger = parts.ledger;
    this.folder = parts.folder;
    this.#disposal = disposal;
  }

  static async start({ policy = POLICY } = {}): Promise<TestConsole> {
    await using disposal = new AsyncDisposableStack();
    const folder = disposal.use(await temporaryFolder()).path;
    const home = homeAt(folder);
    await makeHome(home);
    await writeFile(home.policy, policy);
    const logger = createLogger('silent');
    const ledger = disposal.use(await Ledger.open(home.ledger, logger));
    const people = disposal.use(await PeopleDesk.open(home.people, { ledger, logger }));
    const persons = new Persons(home.console, 'North Hospital');
    const holder: { console?: TestConsole } = {};
    const view = viewOf(() => holder.console!, ledger, home.policy, policy);
    const sums = new ReleaseSums(view.ledger);
    const actions = actionsOf((what) => holder.console!.did.push(what));
    const app = await buildConsole({
      view,
      actions,
      people,
      persons,
      sessions: new Sessions(),
      sums,
      logger,
    });
    disposal.defer(() => app.close());
    holder.console = new TestConsole({ people, persons, ledger, folder }, app, disposal.move());
    return holder.console;
  }

  /** A browser at the console's own pages. */
  async request(options: InjectOptions & { cookie?: string }) {
    const { cookie, headers, ...rest } = options;
    return await this.app.inject({
      ...rest,
      headers: { host: HOST, origin: `http://${HOST}`, ...(cookie && { cookie }), ...headers },
    });
  }

  async get(cookie: string, url: string) {
    return await this.request({ method: 'GET', url, cookie });
  }

  async post(cookie: string, url: string, fields: Readonly<Record<string, string>> = {}) {
    return await this.request({
      method: 'POST',
      url,
      cookie,
      payload: new URLSearchParams(fields).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  }

  /** The cookie of the steward. */
  async steward(): Promise<string> {
    const answer = await this.request({
      method: 'GET',
      url: `/enter?token=${await this.persons.makeEntrance()}`,
    });
    return cookieOf(answer.headers['set-cookie']);
  }

  async signIn(person: Omit<ConsolePerson, 'role'>): Promise<string> {
    const token = await this.persons.add({ ...person, role: 'reviewer' });
    return cookieOf((await this.post('', '/login', { token })).headers['set-cookie']);
  }

  /** Asks, and resolves once people can see it. */
  async ask(options: AskOptions = {}): Promise<AskedQuestion> {
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    const settings = { remindAt: soon, refuseAt: soon, ...options.settings };
    const question = await questionIn(this.folder, { ...options, settings });
    this.people.ask(question, new AbortController().signal).catch(() => {});
    const nobody = { name: 'nobody', organization: 'nowhere' };
    while (!this.people.find(question.id, nobody)) await new Promise((resolve) => setImmediate(resolve));
    return question;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disposal.disposeAsync();
  }
}

function cookieOf(header: string | readonly string[] | undefined): string {
  const [cookie = ''] = [header ?? ''].flat();
  return cookie.split(';')[0] ?? '';
}

function viewOf(console: () => TestConsole, ledger: Ledger, path: string, text: string): ConsoleView {
  const read = parsePolicy(path, text);
  return {
    overview: () =>
      Promise.resolve({
        node: 'north-1',
        site: 'north',
        hub: 'hub',
        hubUrl: 'https://hub.example',
        softwareVersion: '1',
        engine: 'docker 27',
        isConnected: true,
        activity: 'working' as const,
        slots: 2,
        occupied: 1,
        unreported: 0,
        disk: { freeBytes: 5e9, totalBytes: 9e9, minFreeBytes: 1e9, roomBytes: 3e9 },
        certificateEndsAt: new Date(Date.now() + 86_400_000),
      }),
    currentRuns: () => console().runs,
    ledger: {
      entries: (filter) => ledger.entries(filter),
      get head() {
        return ledger.head;
      },
      verify: () => Promise.resolve([]),
    },
    datasets: () => Promise.resolve(console().datasets),
    reservedBits: () => console().reserved,
    policy: () =>
      Promise.resolve({
        path,
        text,
        digest: read.digest,
        policy: read.policy,
        problems: [],
        advice: [],
        nodesOfSite: 1,
      }),
    decide: (request) => {
      const facts = { moment: 'assignment', now: new Date(), runsToday: 0, runsTodayOfSubmitter: 0 } as const;
      return Promise.resolve(
        decide(read.policy, request, { ...facts, hub: 'hub', hubFingerprint: '', engine: 'docker' }),
      );
    },
    testPolicy: () => Promise.resolve(null),
  };
}

function actionsOf(note: (what: string) => void): ConsoleActions {
  return {
    pause: async (by) => note(`pause ${by}`),
    resume: async (by) => note(`resume ${by}`),
    drain: async (by) => note(`drain ${by}`),
    checkDataset: async (name, version) => {
      note(`check ${name}@${version}`);
      return null;
    },
    exportLedger: async (by) => {
      note(`export ${by}`);
      return Readable.from(['{}\n']);
    },
  };
}
