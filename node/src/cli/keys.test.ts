import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { homeAt } from '../home/home.ts';
import { lockHome } from '../home/lock.ts';
import { encodeEntry } from '../ledger/entry.ts';
import { exportLedger } from '../ledger/export.ts';
import { recordFromCommand } from '../ledger/inbox.ts';
import { FakeHub } from '../link/testing/fake-hub.ts';
import { ReceiptKey } from '../receipts/key.ts';
import { enrolHome } from '../testing/enrolled-home.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { weirNode } from './testing/weir-node.ts';

const ID = /sha256:[0-9a-f]{64}/g;

test('the receipt key is replaced while the node rests; the ledger tells of it, and of a change that nobody announced', async () => {
  await using folder = await temporaryFolder();
  await using hub = await FakeHub.start();
  await enrolHome(folder.path, hub);
  const home = homeAt(folder.path);
  const elsewhere = await weirNode('ledger', 'verify', '--home', `${folder.path}-elsewhere`);
  expect(elsewhere).toMatchObject({ code: 2, err: expect.stringContaining('there is no such folder') });
  const keys = (verb: string) => weirNode('keys', verb, '--home', folder.path);
  const verify = () => weirNode('ledger', 'verify', '--home', folder.path);
  expect(await keys('show')).toMatchObject({
    code: 2,
    err: expect.stringContaining('no key for receipts yet'),
  });
  await recordFromCommand(home, { kind: 'control', what: 'pause', by: 'ada' });
  await cp(folder.path, `${folder.path}-before`, { recursive: true });

  {
    await using _node = await lockHome(home.lock);
    expect(await keys('rotate')).toMatchObject({ code: 1, err: expect.stringContaining('stop it first') });
  }
  const [next, former] = (await keys('rotate')).out.match(ID) ?? [];
  expect((await keys('show')).out).toMatch(new RegExp(`^${next}  in use\n${former}  until 20`));
  expect(await verify()).toMatchObject({ code: 0, out: expect.stringContaining(`key ${next}`) });
  const copy = join(folder.path, 'copy.jsonl');
  await exportLedger(home.ledger, copy, { from: 1, to: 99 }, (await ReceiptKey.read(home.receiptKey))!);
  expect(await weirNode('ledger', 'verify', copy)).toMatchObject({ code: 0 });

  // The former key put back, and an entry that names a key which the former one has never heard of.
  const good = await readFile(home.receiptKey);
  await cp(join(`${folder.path}-before`, 'receipt-key.pem'), home.receiptKey);
  expect(await verify()).toMatchObject({ code: 3, err: expect.stringContaining('the home has another one') });
  await writeFile(home.receiptKey, good);
  const lines = (await readFile(copy, 'utf8')).trim().split('\n');
  const entry = JSON.parse(lines[1]!);
  const stranger = Buffer.from(ReceiptKey.generate().publicKey).toString('base64');
  const forged = encodeEntry({ ...entry, hash: undefined, event: { ...entry.event, to: stranger } }).line;
  await writeFile(copy, [lines[0], forged.trim(), lines[2]].join('\n'));
  expect(await weirNode('ledger', 'verify', copy)).toMatchObject({
    code: 3,
    err: expect.stringContaining('not signed by it'),
  });

  await rm(home.ledger, { recursive: true });
  expect(await verify()).toMatchObject({ code: 3, err: expect.stringContaining('removed: ') });
}, 60_000);
