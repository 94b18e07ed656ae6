import { Ledger } from '../../ledger/ledger.ts';
import { createLogger } from '../../logging/logger.ts';
import { PeopleDesk } from '../desk.ts';
import { ADA, BEN, questionIn } from './ask.ts';

/**
 * A process of tests that is killed in the middle: asks and votes as fast as it can, and says on its standard output what it was promised.
 *
 *   voter.ts FOLDER LIFE
 */
const [, , folder, life] = process.argv;
if (!folder || !life) throw new Error('usage: voter.ts FOLDER LIFE');

const logger = createLogger('silent');
await using ledger = await Ledger.open(`${folder}/ledger`, logger);
await using desk = await PeopleDesk.open(`${folder}/people`, { ledger, logger });

for (let number = 0; ; number += 1) {
  const id = `review-${life}-${number}`;
  const settings = {
    run: String(number),
    reviewersNeeded: 2 as const,
    refuseAt: new Date(Date.now() + 3_600_000).toISOString(),
  };
  const question = await questionIn(folder, { id, settings });
  const answered = desk.ask(question, new AbortController().signal);
  while (desk.find(id, ADA) === null) await new Promise((resolve) => setImmediate(resolve));
  for (const person of [ADA, BEN]) {
    const seen = desk.find(id, person)!.digest;
    await desk.answer(id, person, { kind: 'approve', seen, reason: '' });
    process.stdout.write(`voted ${id} ${person.name}\n`);
  }
  process.stdout.write(`answered ${id} ${(await answered).verdict}\n`);
}
