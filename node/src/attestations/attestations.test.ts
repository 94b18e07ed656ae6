import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { signEnvelope } from './envelope.ts';
import { readPublicKey, showPublicKey } from './public-key.ts';
import { findSigned } from './signers.ts';
import { makeAttestation, PREDICATE_TYPE } from './statement.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const makePair = () => generateKeyPairSync('ed25519');
const [lab, board, stranger] = [makePair(), makePair(), makePair()];
const signers = { lab: lab.publicKey, board: board.publicKey };

const attestation = makeAttestation([{ name: 'score.zip', digest: DIGEST }], lab.privateKey);
const asBytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const signersOf = (...envelopes: unknown[]) => [
  ...(findSigned(envelopes.map(asBytes), signers).get(DIGEST) ?? []),
];
const changed = (changes: object) => ({ ...JSON.parse(attestation), ...changes });
const signedStatement = (statement: unknown, type = 'application/vnd.in-toto+json') =>
  signEnvelope(type, asBytes(statement), lab.privateKey);
const STATEMENT = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'x', digest: { sha256: 'a'.repeat(64) } }],
  predicateType: PREDICATE_TYPE,
  predicate: {},
};

describe('who has signed a digest', () => {
  test('each signer that the site knows, over several envelopes and in one', () => {
    const second = makeAttestation([{ name: '', digest: DIGEST }], board.privateKey);
    expect(signersOf(attestation)).toEqual(['lab']);
    expect(signersOf(attestation, second)).toEqual(['lab', 'board']);
    const { payload, payloadType, signatures } = JSON.parse(attestation);
    const other = JSON.parse(makeAttestation([{ name: 'score.zip', digest: DIGEST }], board.privateKey));
    const both = { payload, payloadType, signatures: [...signatures, ...other.signatures] };
    expect(signersOf(both)).toEqual(['lab', 'board']);
  });
  test('key ids, which nobody has signed, neither help nor harm', () => {
    const { signatures } = JSON.parse(attestation);
    const named = signatures.map((each: object) => ({ ...each, keyid: 'board' }));
    expect(signersOf(changed({ signatures: named }))).toEqual(['lab']);
  });
  test('a plain statement counts, so that what refuses below is what is wrong with it', () => {
    expect(signersOf(signedStatement(STATEMENT))).toEqual(['lab']);
  });
});

describe('what counts for nothing', () => {
  test.each<[string, unknown]>([
    ['a stranger', makeAttestation([{ name: '', digest: DIGEST }], stranger.privateKey)],
    ['nothing', ''],
    ['no JSON', '{'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00])],
    ['JSON of something else', [1, 2]],
    ['null', 'null'],
    ['no signature', changed({ signatures: [] })],
    ['a signature that is empty', changed({ signatures: [{ sig: '' }] })],
    ['a signature that is no base64', changed({ signatures: [{ sig: '%%%' }] })],
    ['a signature that is too short', changed({ signatures: [{ sig: 'AAAA' }] })],
    ['more signatures than anybody needs', changed({ signatures: Array(1000).fill({ sig: 'AAAA' }) })],
    [
      'another payload',
      changed({ payload: asBytes({ ...STATEMENT, predicate: { x: 1 } }).toString('base64') }),
    ],
    ['another type than was signed', changed({ payloadType: 'text/plain' })],
    ['a type that was signed and is another', signedStatement(STATEMENT, 'text/plain')],
    ['a payload that is no JSON', signedStatement('{{{')],
    ['an older statement', signedStatement({ ...STATEMENT, _type: 'https://in-toto.io/Statement/v0.1' })],
    [
      'a statement about something else, such as that a test failed',
      signedStatement({ ...STATEMENT, predicateType: 'https://in-toto.io/attestation/test-result/v0.1' }),
    ],
    ['no subjects', signedStatement({ ...STATEMENT, subject: [] })],
    ['a subject by another hash', signedStatement({ ...STATEMENT, subject: [{ digest: { sha1: 'aa' } }] })],
    [
      'a digest in capitals',
      signedStatement({ ...STATEMENT, subject: [{ digest: { sha256: 'A'.repeat(64) } }] }),
    ],
    ['more than an envelope can be', signedStatement({ ...STATEMENT, predicate: 'x'.repeat(100_000) })],
  ])('%s', (_, envelope) => {
    const bytes = Buffer.isBuffer(envelope) ? envelope : asBytes(envelope);
    expect(findSigned([bytes], signers).get(DIGEST)).toBeUndefined();
  });
  test('envelopes beyond those that a competition needs', () => {
    expect(signersOf(...Array(16).fill('{}'), attestation)).toEqual([]);
  });
});

describe('public keys', () => {
  test('raw and SPKI are the same key', () => {
    const spki = lab.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    const raw = showPublicKey(lab.publicKey);
    expect(Buffer.from(raw, 'base64')).toHaveLength(32);
    for (const text of [spki, raw]) expect(readPublicKey(text)?.equals(lab.publicKey)).toBe(true);
  });
  test.each([
    ['nothing', ''],
    ['no base64', '<key>'],
    ['too short', Buffer.alloc(31).toString('base64')],
    ['too long', Buffer.alloc(4000).toString('base64')],
    ['another curve', keyOf('ec')],
    ['RSA', keyOf('rsa')],
  ])('%s is none', (_, text) => {
    expect(readPublicKey(text)).toBeNull();
  });
});

function keyOf(kind: 'ec' | 'rsa'): string {
  const { publicKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return createPublicKey(publicKey.export({ format: 'pem', type: 'spki' }))
    .export({ format: 'der', type: 'spki' })
    .toString('base64');
}
