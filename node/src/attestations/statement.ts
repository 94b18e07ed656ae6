import type { KeyObject } from 'node:crypto';
import { PAYLOAD_TYPE } from '@weir/proto/receipt';
import { z } from 'zod';
import { type Envelope, parseJson, signEnvelope } from './envelope.ts';

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

/**
 * What an attestation says of its subjects: the signer has looked at them and holds them fit to run beside restricted data. Statements
 * of other types (that a build was made, that a scan found something) say something else, and permit nothing.
 */
export const PREDICATE_TYPE = 'urn:weir:fit-to-run:v1';

const MAX_SUBJECTS = 1000;
const HEX = /^[0-9a-f]{64}$/;

const statementSchema = z.object({
  _type: z.literal(STATEMENT_TYPE),
  subject: z
    .array(z.object({ digest: z.object({ sha256: z.string().regex(HEX) }) }))
    .min(1)
    .max(MAX_SUBJECTS),
  predicateType: z.literal(PREDICATE_TYPE),
});

/** The digests (sha256:<hex>) that an envelope speaks of; none when it is not an attestation. Says nothing about who has signed it. */
export function subjectsOf({ payloadType, payload }: Envelope): readonly string[] {
  if (payloadType !== PAYLOAD_TYPE) return [];
  const read = statementSchema.safeParse(parseJson(payload));
  return read.success ? read.data.subject.map(({ digest }) => `sha256:${digest.sha256}`) : [];
}

export interface Subject {
  /** For people. */
  readonly name: string;
  /** sha256:<hex> */
  readonly digest: string;
}

/** The JSON of an attestation, as competitions carry it and sites verify it. */
export function makeAttestation(subjects: readonly Subject[], key: KeyObject): string {
  const statement = {
    _type: STATEMENT_TYPE,
    subject: subjects.map(({ name, digest }) => ({
      name,
      digest: { sha256: digest.replace(/^sha256:/, '') },
    })),
    predicateType: PREDICATE_TYPE,
    predicate: {},
  };
  return signEnvelope(PAYLOAD_TYPE, Buffer.from(JSON.stringify(statement)), key);
}
