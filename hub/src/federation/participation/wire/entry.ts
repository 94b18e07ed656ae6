import { z } from 'zod';

export const MOST_ANSWERS = 100;

/** What is submitted, beside the bytes: fixed with the first delivery. The peer's own rules decide whether it takes it. */
export const entryRequest = z.object({
  competitionId: z.int().min(1).max(2_147_483_647),
  phaseId: z.int().min(1).max(2_147_483_647),
  fileName: z.string().min(1).max(255),
  /** sha256:<hex> of the bytes. */
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.int().min(1),
  name: z.string().max(200),
  description: z.string().max(10_000),
  /** Null: all tasks of the phase. */
  taskIds: z.array(z.int()).min(1).max(1_000).nullable(),
  /** Made-up data instead of the real ones: at one site, or (null) at each that offers it. */
  rehearsal: z
    .object({ site: z.string().max(40).nullable() })
    .nullable()
    .default(null),
  factSheetAnswers: z
    .record(z.string().max(200), z.union([z.string().max(10_000), z.boolean()]))
    .refine((answers) => Object.keys(answers).length <= MOST_ANSWERS, 'has too many answers')
    .nullable(),
});

export type EntryRequest = z.output<typeof entryRequest>;

/** In the place of a procedure, in the token with which bytes are sent. */
export function uploadProcedure(grant: string): string {
  return `participation.upload/${grant}`;
}

export const granted = z.discriminatedUnion('state', [
  z.object({ state: z.literal('wanted'), grant: z.uuid(), offset: z.int().min(0) }),
  z.object({ state: z.literal('complete') }),
  z.object({ state: z.literal('entered'), submissionId: z.int().min(1) }),
]);

/** After bytes were sent. */
export const received = z.object({ received: z.int().min(0), isComplete: z.boolean() });
