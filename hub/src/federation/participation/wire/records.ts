import { z } from 'zod';
import { entryRequest } from './entry.ts';
import { id, line, moment, prose } from './text.ts';

/** Of one answer. */
export const MOST_RECORDS = 100;

/** What was entered for one person, as it was asked for then: for a home hub that has lost its own record of it. */
const record = z.object({
  key: z.uuid(),
  submissionId: id,
  enteredAt: moment,
  request: entryRequest.extend({ fileName: line(255), name: line(200), description: prose(10_000) }),
});

export type EntryRecord = z.output<typeof record>;

/** By their numbers, all above `after`. */
export const recordsReading = (after: number) =>
  z.object({
    records: z
      .array(record)
      .max(MOST_RECORDS)
      .refine(
        (records) =>
          records.every(
            ({ submissionId }, place) => submissionId > (records[place - 1]?.submissionId ?? after),
          ),
        'is out of order',
      ),
    more: z.boolean(),
  });
