import { z } from 'zod';

/** One envelope. They travel with every run, so they are kept short. */
export const MAX_ATTESTATION_BYTES = 32 * 1024;
export const MAX_ATTESTATIONS = 8;

const IN_TOTO = 'application/vnd.in-toto+json';

const base64 = z.string().regex(/^[A-Za-z0-9+/_-]+={0,2}$/, 'is not base64');
const envelopeSchema = z.object({
  payloadType: z.literal(IN_TOTO, `must be ${IN_TOTO}`),
  payload: base64,
  signatures: z
    .array(z.object({ keyid: z.string().optional(), sig: base64 }))
    .min(1, 'has no signature')
    .max(16, 'has more than 16 signatures'),
});
const statementSchema = z.object({
  _type: z.string().regex(/^https:\/\/in-toto\.io\/Statement\/v/, 'is not that of an in-toto statement'),
  subject: z.array(z.object({ digest: z.record(z.string(), z.string()) })).min(1, 'names nothing'),
});

/**
 * Whether a file is a DSSE envelope of an in-toto statement. Neither who signed it nor what the signature is worth is looked at: sites decide
 * whose signature counts.
 * @returns the envelope as one line of JSON, or what is wrong with it
 */
export function readAttestation(bytes: Uint8Array): { envelope: string } | { wrong: string } {
  const envelope = parse(bytes, envelopeSchema);
  if ('wrong' in envelope) return envelope;
  const payload = Buffer.from(envelope.value.payload, 'base64');
  const statement = parse(payload, statementSchema);
  if ('wrong' in statement) return { wrong: `in its payload, ${statement.wrong}` };
  return { envelope: JSON.stringify(envelope.value) };
}

function parse<T>(bytes: Uint8Array, schema: z.ZodType<T>): { value: T } | { wrong: string } {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return { wrong: 'there is no JSON' };
  }
  const read = schema.safeParse(json);
  if (read.success) return { value: read.data };
  const [issue] = read.error.issues;
  return { wrong: `"${issue?.path.join('.') || 'the whole'}": ${issue?.message ?? 'not understood'}` };
}
