import { z } from 'zod';
import { FILE_KINDS } from '../../../submissions/files.ts';
import { count, line } from './text.ts';

export const PHASE_FILES = ['public_data', 'starting_kit'] as const;
const number = z.int().min(1).max(2_147_483_647);

/** Which file: of a phase, for those who take part in it; or of a submission (or a part of one), for its owner and whoever else may see it there. */
export const wantedFile = z.discriminatedUnion('of', [
  z.object({ of: z.literal('phase'), phaseId: number, kind: z.enum(PHASE_FILES) }),
  z.object({
    of: z.literal('submission'),
    submissionId: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
    kind: z.enum(FILE_KINDS),
  }),
]);

export type WantedFile = z.output<typeof wantedFile>;

/** What a peer lets somebody have: where at the peer, for some minutes, and which bytes those are. */
export const offeredFile = z.object({
  path: z
    .string()
    .max(1_000)
    .regex(/^\/(files|reports)\/[\w/.?=&%~-]*$/),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: count,
  fileName: line(255),
});

export type OfferedFile = z.output<typeof offeredFile>;
