import { LogStream } from '@weir/proto/node/v1';
import { z } from 'zod';
import { LOG_LEVELS } from '../../../bundles/model.ts';
import type { LogStreamName } from '../../../submissions/logs.ts';
import { submissionView } from './submission.ts';
import { id, line, word } from './text.ts';

/** Submissions that one call asks about. */
export const MOST_FOLLOWED = 100;
export const LONGEST_WAIT_MS = 20_000;

const digest = z.string().regex(/^[0-9a-f]{64}$/);

export const changesQuestion = z.object({
  /** Of each the digest that came with it last; null: none yet. */
  seen: z.array(z.object({ key: z.uuid(), digest: z.string().max(64).nullable() })).max(MOST_FOLLOWED),
  /** So long the answer may be held back while there is nothing to tell. */
  waitMs: z.int().min(0).max(LONGEST_WAIT_MS).default(0),
});

export type ChangesQuestion = z.output<typeof changesQuestion>;

/** What has changed of what this hub delivered. */
export const changesReading = z.object({
  changed: z.array(z.object({ key: z.uuid(), digest, submission: submissionView })).max(MOST_FOLLOWED),
  lost: z.array(z.uuid()).max(MOST_FOLLOWED),
  more: z.boolean(),
});

export const enteredReading = z.object({ submission: submissionView });
/** After a change of it; null for what was never entered. */
export const changedReading = z.object({ submission: submissionView.nullable() });

const STREAMS = Object.keys(LogStream).map((name) => name.toLowerCase());
const streamName = z.custom<LogStreamName>((name) => typeof name === 'string' && STREAMS.includes(name));

/** Output of programs, as it is: whoever shows it shows text. */
export const logsReading = z.object({
  streams: z
    .array(
      z.object({ stream: streamName, text: z.string(), nextCursor: word(1_000), truncated: z.boolean() }),
    )
    .max(20),
  nextCursor: word(1_000),
  level: z.enum(LOG_LEVELS),
  seesSiteData: z.boolean(),
  permitted: z.boolean(),
});

const keyRole = z.enum(['site', 'peer', 'hub']);

/** Checked in the browser, by the keys of the peer that this hub knows: here only its form. */
export const receiptsReading = z.object({
  receipts: z
    .array(
      z.object({
        runId: id,
        task: line(300),
        site: line(300).nullable(),
        shown: z.record(z.string().max(200), word(60)),
        receipt: z.object({
          format: z.literal('weir-receipt-1'),
          envelope: z.object({
            payloadType: z.string().max(200),
            payload: z.base64().max(400_000),
            signatures: z.array(z.object({ keyid: z.string().max(100), sig: z.base64().max(200) })).max(10),
          }),
          keys: z
            .array(
              z.object({
                id: z.string().max(100),
                role: keyRole,
                owner: line(300),
                algorithm: z.literal('ed25519'),
                publicKey: z.base64().max(60),
                since: z.string().max(40),
                until: z.string().max(40).exactOptional(),
              }),
            )
            .max(300),
        }),
      }),
    )
    .max(1_000),
});
