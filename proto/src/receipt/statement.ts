import { parseJson } from './envelope.ts';
import { ReceiptUnreadableError } from './errors.ts';

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
/** Changes when the meaning of a member does. */
export const PREDICATE_TYPE = 'urn:weir:receipt:v1';

/**
 * What a site says of a run, in the terms of in-toto: the subject is what was evaluated, the predicate how and with what result.
 * Digests are sha256:<hex>, moments ISO 8601 in UTC, ids those of the hub as text.
 */
export interface Statement {
  readonly _type: typeof STATEMENT_TYPE;
  readonly subject: readonly [{ readonly name: string; readonly digest: { readonly sha256: string } }];
  readonly predicateType: typeof PREDICATE_TYPE;
  readonly predicate: Predicate;
}

export interface Predicate {
  /** As the hub assigned it. */
  readonly assigned: Assigned;
  /** Who signs. The key's fingerprint is part of what the hub countersigns: that is how the key belongs to the node. */
  readonly site: string;
  readonly node: { readonly id: string; readonly name: string; readonly key: string };
  /** Of the image that the containers ran; null for engines without images. */
  readonly imageDigest: string | null;
  /** Of the site dataset that was used; null when there was none. */
  readonly datasetDigest: string | null;
  /** Of the site's policy that permitted the release. */
  readonly policy: string | null;
  readonly scores: Readonly<Record<string, number>>;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Version of the node software. */
  readonly software: string;
}

/** What a hub asked for. It knows all of this itself, and compares. */
export interface Assigned {
  /** Name of the hub that the competition belongs to. */
  readonly hub: string;
  readonly competition: string;
  readonly phase: string;
  /** Key of the task. */
  readonly task: string;
  readonly submission: string;
  readonly submissionDigest: string;
  readonly run: string;
  readonly attempt: number;
  readonly ingestionProgram: string | null;
  readonly scoringProgram: string | null;
  /** Data that the hub keeps; what a site's dataset stands in for is null. */
  readonly inputData: string | null;
  readonly referenceData: string | null;
  /** The image as the competition names it. */
  readonly image: string;
  /** NAME@VERSION of the site's dataset. */
  readonly dataset: string | null;
  /** Of the declared columns, see `columnsDigest`. */
  readonly columns: string;
  readonly rehearsal: boolean;
}

const ASSIGNED: { readonly [Name in keyof Assigned]: 'string' | 'number' | 'boolean' | 'nullable' } = {
  hub: 'string',
  competition: 'string',
  phase: 'string',
  task: 'string',
  submission: 'string',
  submissionDigest: 'string',
  run: 'string',
  attempt: 'number',
  ingestionProgram: 'nullable',
  scoringProgram: 'nullable',
  inputData: 'nullable',
  referenceData: 'nullable',
  image: 'string',
  dataset: 'nullable',
  columns: 'string',
  rehearsal: 'boolean',
};

export const ASSIGNED_NAMES = Object.keys(ASSIGNED) as (keyof Assigned)[];

export function toStatement(predicate: Predicate): Statement {
  const { submission, submissionDigest } = predicate.assigned;
  const digest = { sha256: submissionDigest.replace(/^sha256:/, '') };
  return {
    _type: STATEMENT_TYPE,
    subject: [{ name: `submission/${submission}`, digest }],
    predicateType: PREDICATE_TYPE,
    predicate,
  };
}

/** The bytes to sign. They travel as they are: nothing is ever brought into another form to be checked. */
export function encodeStatement(statement: Statement): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(statement));
}

/** @throws ReceiptUnreadableError when the bytes are not a statement of a run. */
export function readStatement(payload: Uint8Array): Statement {
  const statement = record(
    parseJson(new TextDecoder('utf-8', { fatal: false }).decode(payload)),
    'statement',
  );
  if (statement._type !== STATEMENT_TYPE || statement.predicateType !== PREDICATE_TYPE) {
    throw new ReceiptUnreadableError('it states something else than how a run went');
  }
  const predicate = record(statement.predicate, 'predicate');
  const assigned = record(predicate.assigned, 'assigned');
  for (const name of ASSIGNED_NAMES) {
    const value = assigned[name];
    const type = ASSIGNED[name];
    const fits = type === 'nullable' ? value === null || typeof value === 'string' : typeof value === type;
    if (!fits) throw new ReceiptUnreadableError(`assigned.${name} is not what it should be`);
  }
  const node = record(predicate.node, 'node');
  for (const [name, value] of [
    ['site', predicate.site],
    ['node.id', node.id],
    ['node.name', node.name],
    ['node.key', node.key],
    ['startedAt', predicate.startedAt],
    ['finishedAt', predicate.finishedAt],
    ['software', predicate.software],
  ] as const) {
    if (typeof value !== 'string') throw new ReceiptUnreadableError(`${name} is not text`);
  }
  for (const name of ['imageDigest', 'datasetDigest', 'policy'] as const) {
    if (predicate[name] !== null && typeof predicate[name] !== 'string') {
      throw new ReceiptUnreadableError(`${name} is not a digest`);
    }
  }
  for (const [name, value] of Object.entries(record(predicate.scores, 'scores'))) {
    if (typeof value !== 'number') throw new ReceiptUnreadableError(`the score ${name} is not a number`);
  }
  const read = statement as unknown as Statement;
  const expected = toStatement(read.predicate);
  if (JSON.stringify(read.subject) !== JSON.stringify(expected.subject)) {
    throw new ReceiptUnreadableError('its subject is not the submission that it is about');
  }
  return read;
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ReceiptUnreadableError(`there is no ${name}`);
  }
  return value as Record<string, unknown>;
}
