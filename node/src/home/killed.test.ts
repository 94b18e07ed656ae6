import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Persons } from '../console/persons.ts';
import { DatasetRegistry, type NewDataset } from '../data/registry.ts';
import { Books, type Release } from '../egress/books.ts';
import { Budgets } from '../egress/budgets.ts';
import { makeKeyAndRequest } from '../enrol/key.ts';
import { checkLedger } from '../ledger/check.ts';
import type { LedgerEvent } from '../ledger/events.ts';
import { recordFromCommand } from '../ledger/inbox.ts';
import { openLedgerOf, publicKeysOf } from '../ledger/of-home.ts';
import { makeAuthority } from '../link/testing/authority.ts';
import { createLogger } from '../logging/logger.ts';
import { Activity } from '../loops/activity.ts';
import { PeopleDesk } from '../people/desk.ts';
import { ADA, questionIn } from '../people/testing/ask.ts';
import { PolicyFile } from '../policy/policy-file.ts';
import { policyRecorder } from '../policy/policy-recorder.ts';
import { ReceiptKey } from '../receipts/key.ts';
import { rotateReceiptKey } from '../receipts/rotate.ts';
import { killAtEachWrite } from '../testing/kill-at-each-write.ts';
import { type Home, homeAt, makeHome } from './home.ts';
import {
  readCredentials,
  storeEnrolment,
  storeEnrolmentAgain,
  storeNextKey,
  storeRenewal,
} from './identity.ts';
import { removeLeftovers } from './leftovers.ts';

// What a home keeps, with the process killed at each of its writes, and in the middle of it. The spool's journal, the ledger's own and what people
// have decided are also tried with processes that are really killed: see the tests beside them.

const logger = createLogger('silent');

/** Opens the ledger as the next life does, and gives what it holds. */
async function eventsIn(home: Home): Promise<LedgerEvent[]> {
  const { ledger } = await openLedgerOf(home, logger);
  await using _ledger = ledger;
  const events: LedgerEvent[] = [];
  for await (const { event } of ledger.entries()) events.push(event);
  return events;
}

const pause = (by: string): LedgerEvent => ({ kind: 'control', what: 'pause', by });

test('the first receipt key is there as a whole or not at all', async () => {
  const writes = await killAtEachWrite({
    work: (folder) => ReceiptKey.load(join(folder, 'key.pem')),
    async after(folder) {
      const { publicKey } = await ReceiptKey.load(join(folder, 'key.pem'));
      expect((await ReceiptKey.load(join(folder, 'key.pem'))).publicKey).toEqual(publicKey);
      // Half of a secret does not lie about for ever, and what a command is just writing is left alone.
      const before = await readdir(folder);
      await removeLeftovers(homeAt(folder));
      expect(await readdir(folder)).toEqual(before);
      await removeLeftovers(homeAt(folder), Date.now() + 2 * 3_600_000);
      expect(await readdir(folder)).toEqual(['key.pem']);
    },
  });
  expect(writes).toBeGreaterThan(1);
});

test('a change of the receipt key leaves one of the two in force, and a ledger that fits it', async () => {
  const nodeId = 'n1';
  const writes = await killAtEachWrite({
    async before(folder) {
      await recordFromCommand(homeAt(folder), pause('before'));
    },
    work: (folder) => rotateReceiptKey(homeAt(folder), { nodeId }, logger),
    async after(folder, isThrough) {
      const home = homeAt(folder);
      // As `ledger verify` sees it, before any process has mended anything.
      expect((await checkLedger(home.ledger, await publicKeysOf(home))).problems).toEqual([]);
      const events = await eventsIn(home);
      const changes = events.flatMap((event) => (event.kind === 'key' ? [event] : []));
      const key = await ReceiptKey.read(home.receiptKey);
      expect(changes.length).toBeLessThanOrEqual(1);
      if (isThrough) expect(changes.length).toBe(1);
      const inForce = Buffer.from(key!.publicKey).toString('base64');
      if (changes[0]) expect(changes[0].to).toBe(inForce);
      // And it goes on: with more entries, and with the next change.
      await recordFromCommand(home, pause('after'));
      await rotateReceiptKey(home, { nodeId }, logger);
      const { problems, keys } = await checkLedger(home.ledger, await publicKeysOf(home));
      expect(problems).toEqual([]);
      expect(keys.successions).toHaveLength(changes.length + 1);
    },
  });
  expect(writes).toBeGreaterThan(10);
});

test('a registration of data is there with its manifest, or not at all', async () => {
  const wanted = (folder: string, name: string): NewDataset => ({
    name,
    version: '1',
    input: join(folder, name),
    reference: null,
    counts: {},
    synthetic: null,
  });
  const registry = (folder: string) => new DatasetRegistry(homeAt(folder));
  const names = async (folder: string) => (await registry(folder).list()).map(({ name }) => name);
  await killAtEachWrite({
    async before(folder) {
      for (const name of ['old', 'new']) {
        await mkdir(join(folder, name));
        await writeFile(join(folder, name, 'rows.csv'), name);
      }
      await registry(folder).add(wanted(folder, 'old'));
    },
    async work(folder) {
      await registry(folder).add(wanted(folder, 'new'));
      await registry(folder).remove('old', '1');
    },
    async after(folder) {
      expect([['old'], ['old', 'new'], ['new']]).toContainEqual(await names(folder));
      for (const dataset of await registry(folder).list()) await registry(folder).readManifest(dataset);
      await registry(folder).add(wanted(folder, 'new'));
      if ((await names(folder)).includes('old')) await registry(folder).remove('old', '1');
      expect(await names(folder)).toEqual(['new']);
    },
  });
});

test('what a command has to record is in the ledger once, however often it was cut off', async () => {
  await killAtEachWrite({
    work: (folder) => recordFromCommand(homeAt(folder), pause('first')),
    async after(folder, isThrough) {
      await recordFromCommand(homeAt(folder), pause('second'));
      const people = (await eventsIn(homeAt(folder))).map((event) => 'by' in event && event.by);
      expect([['first', 'second'], ['second']]).toContainEqual(people);
      if (isThrough) expect(people).toEqual(['first', 'second']);
    },
  });
});

test('one token of a person is good, the former or the new, and an address of the console opens once', async () => {
  const tokens = new Map<string, { former: string; fresh?: string; address?: string; entered?: boolean }>();
  const persons = (folder: string) => new Persons(join(folder, 'console'), 'north');
  const ada = { name: 'Ada', organization: 'North', role: 'reviewer' } as const;
  await killAtEachWrite({
    async before(folder) {
      tokens.set(folder, { former: await persons(folder).add(ada) });
    },
    async work(folder) {
      const told = tokens.get(folder)!;
      told.fresh = await persons(folder).add(ada);
      told.address = await persons(folder).makeEntrance();
      told.entered = (await persons(folder).enter(told.address)) !== null;
      await persons(folder).remove('Ada');
    },
    async after(folder, isThrough) {
      const { former, fresh, address, entered } = tokens.get(folder)!;
      const isGood = async (token: string | undefined) =>
        token !== undefined && (await persons(folder).findByToken(token)) !== null;
      if (isThrough) expect(await persons(folder).list()).toEqual([]);
      else if (fresh) expect(await isGood(former)).toBe(false);
      else expect((await persons(folder).list()).map(({ name }) => name)).toEqual(['Ada']);
      if (address && entered) expect(await persons(folder).enter(address)).toBeNull();
      if (address) await persons(folder).enter(address);
      if (address) expect(await persons(folder).enter(address)).toBeNull();
      expect(await isGood(await persons(folder).add(ada))).toBe(true);
    },
  });
});

test('a pause that counts is in the ledger', async () => {
  await killAtEachWrite({
    async work(folder) {
      const { ledger } = await openLedgerOf(await made(folder), logger);
      await using _ledger = ledger;
      const activity = await Activity.open({ file: homeAt(folder).paused, ledger, onChange: () => {} });
      await activity.pause('ada');
    },
    async after(folder, isThrough) {
      const home = await made(folder);
      const events = await eventsIn(home);
      const { ledger } = await openLedgerOf(home, logger);
      await using _ledger = ledger;
      const { state } = await Activity.open({ file: home.paused, ledger, onChange: () => {} });
      if (isThrough) expect(state).toBe('paused');
      if (state === 'paused') expect(events).toContainEqual(pause('ada'));
    },
  });
});

test('a policy that was decided by is in the ledger, word for word, once', async () => {
  const text = await readFile(new URL('../policy/example.yaml', import.meta.url), 'utf8').catch(
    () => 'version: 1\n',
  );
  const policyOf = (home: Home, ledger: Awaited<ReturnType<typeof openLedgerOf>>['ledger']) =>
    new PolicyFile(home.policy, { logger, record: policyRecorder(ledger) });
  await killAtEachWrite({
    async before(folder) {
      await writeFile((await made(folder)).policy, text);
    },
    async work(folder) {
      const { ledger } = await openLedgerOf(homeAt(folder), logger);
      await using _ledger = ledger;
      await policyOf(homeAt(folder), ledger).read();
    },
    async after(folder) {
      const home = homeAt(folder);
      const { ledger } = await openLedgerOf(home, logger);
      const read = await policyOf(home, ledger).read();
      await ledger[Symbol.asyncDispose]();
      const recorded = (await eventsIn(home)).filter(({ kind }) => kind === 'policy');
      expect(recorded).toEqual(read ? [{ kind: 'policy', digest: read.digest, text }] : []);
    },
  });
});

test('what was told of data is charged once, also when the process ended before it knew', async () => {
  const account = { submitter: '1@hub', datasets: ['sepsis@1'] };
  const release: Release = {
    kind: 'release',
    run: '1',
    attempt: 1,
    submitter: account.submitter,
    dataset: 'sepsis@1',
    what: 'scores',
    key: `sha256:${'0'.repeat(64)}`,
    bits: 10,
    digest: `sha256:${'1'.repeat(64)}`,
    bytes: null,
    policy: null,
    reviewers: [],
  };
  const record = async (folder: string) => {
    const { ledger } = await openLedgerOf(await made(folder), logger);
    await using _ledger = ledger;
    const books = await Books.open(ledger, [{ runId: 1n, attempt: 1 }]);
    await books.record(release);
    return books.drawnBy(account.submitter, 'sepsis@1');
  };
  await killAtEachWrite({
    work: record,
    async after(folder) {
      expect(await record(folder)).toBe(10);
      const { ledger } = await openLedgerOf(homeAt(folder), logger);
      await using _ledger = ledger;
      const limits = { perSubmitterBits: 15, perDatasetBits: null };
      const budgets = new Budgets(await Books.open(ledger));
      expect(budgets.reserve(account, 6, limits)).toBeNull();
      expect(budgets.reserve(account, 5, limits)).not.toBeNull();
    },
  });
});

test('a review that was promised stands, with the bytes that it was about', async () => {
  const promised = new Map<string, boolean>();
  await killAtEachWrite({
    async work(folder) {
      const { ledger } = await openLedgerOf(await made(folder), logger);
      await using _ledger = ledger;
      await using desk = await PeopleDesk.open(homeAt(folder).people, { ledger, logger });
      const settings = { refuseAt: new Date(Date.now() + 3_600_000).toISOString() };
      const question = await questionIn(folder, { settings });
      const answered = desk.ask(question, new AbortController().signal);
      const view = async () => {
        for (;;) {
          const found = desk.find(question.id, ADA);
          if (found) return found;
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      const { digest } = await Promise.race([view(), answered.then(view)]);
      await desk.answer(question.id, ADA, { kind: 'approve', seen: digest, reason: '' });
      promised.set(folder, true);
      await answered;
    },
    async after(folder) {
      const { ledger } = await openLedgerOf(await made(folder), logger);
      await using _ledger = ledger;
      await using desk = await PeopleDesk.open(homeAt(folder).people, { ledger, logger });
      const found = desk.find('review-1', ADA);
      if (promised.get(folder)) expect(found?.state).toBe('approved');
      const reviews: LedgerEvent[] = [];
      for await (const { event } of ledger.entries({ kinds: ['review'] })) reviews.push(event);
      expect(reviews).toHaveLength(found?.votes.length ?? 0);
    },
  });
});

test('key and certificate belong together after a renewal or a new enrolment that was cut off', async () => {
  const authority = await makeAuthority();
  const identity = { nodeId: 'n1', name: 'n', site: 's', hub: 'h', hubUrl: 'http://127.0.0.1', grpc: 'x:1' };
  const credentials = await authority.credentialsOf('n');
  for (const isNewEnrolment of [false, true]) {
    const { key, certificateRequest } = await makeKeyAndRequest('n');
    const certificate = await authority.certify(certificateRequest, 'client');
    await killAtEachWrite({
      async before(folder) {
        await storeEnrolment(await made(folder), identity, credentials);
      },
      async work(folder) {
        const home = homeAt(folder);
        await storeNextKey(home, key);
        if (!isNewEnrolment) await storeRenewal(home, certificate);
        else await storeEnrolmentAgain(home, identity, { certificate, authority: authority.certificate });
      },
      async after(folder, isThrough) {
        const read = await readCredentials(homeAt(folder));
        const pairs = [credentials, { key, certificate, authority: authority.certificate }];
        expect(pairs).toContainEqual(read);
        if (isThrough) expect(read).toEqual(pairs[1]);
      },
    });
  }
});

async function made(folder: string): Promise<Home> {
  const home = homeAt(folder);
  await makeHome(home);
  return home;
}
