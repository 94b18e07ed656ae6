import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Ledger } from '../ledger/ledger.ts';
import { createLogger } from '../logging/logger.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { PeopleDesk } from './desk.ts';
import { ADA } from './testing/ask.ts';

const VOTER = fileURLToPath(new URL('testing/voter.ts', import.meta.url));
const LIVES = 12;
const logger = createLogger('silent');

test('a desk that is killed at any write keeps what it promised, and tells the ledger of each vote once', async () => {
  await using folder = await temporaryFolder();
  const promised: string[] = [];
  for (let life = 0; life < LIVES; life += 1) {
    // Spread over the writes of a question, which take a few milliseconds each.
    promised.push(...(await liveAndDie(folder.path, life, (life * 7) % 25)));
  }
  expect(promised.length).toBeGreaterThan(LIVES);

  await using ledger = await Ledger.open(join(folder.path, 'ledger'), logger);
  await using desk = await PeopleDesk.open(join(folder.path, 'people'), { ledger, logger });
  const recorded = new Map<string, number>();
  for await (const { event } of ledger.entries()) {
    if (event.kind !== 'review') continue;
    const vote = `${event.question} ${event.person}`;
    recorded.set(vote, (recorded.get(vote) ?? 0) + 1);
  }
  for (const line of promised) {
    const [what, id = '', detail] = line.split(' ');
    const view = desk.find(id, ADA);
    if (what === 'answered') expect(view?.state).toBe('approved');
    else expect(view?.votes.map(({ person }) => person)).toContain(detail);
  }
  const votes = desk.list(ADA).flatMap(({ id, votes }) => votes.map(({ person }) => `${id} ${person}`));
  expect([...recorded.keys()].sort()).toEqual(votes.sort());
  expect([...recorded.values()].every((times) => times === 1)).toBe(true);
}, 60_000);

/** What a process said it was promised until it was killed, `afterMs` after the first promise. */
async function liveAndDie(folder: string, life: number, afterMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [VOTER, folder, String(life)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise((resolve) => child.on('close', resolve));
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (lines.push(line) === 1) setTimeout(() => child.kill('SIGKILL'), afterMs);
  }
  await closed;
  return lines;
}
