import { create } from '@bufbuild/protobuf';
import { AssignmentSchema } from '@weir/proto/node/v1';
import { expect, test } from 'vitest';
import { type Computation, computationKey } from './identity.ts';

const artifact = (name: string) => ({ digest: `sha256:${name}`, size: 1n, url: `/${name}` });
const assigned = {
  runId: 1n,
  attempt: 1,
  submission: artifact('submission'),
  scoringProgram: artifact('scoring'),
  ingestionProgram: artifact('ingestion'),
  inputData: artifact('input'),
  image: 'python:3',
  siteData: { name: 'sepsis', version: '1', reference: true },
};
const column = { key: 'auc', type: 'decimal', range: [0, 1], decimals: 3, minCases: 0 } as const;
const computation: Computation = {
  assignment: create(AssignmentSchema, assigned),
  imageDigest: 'sha256:image',
  datasets: [{ digest: 'sha256:data', seen: ['reference'] }],
  columns: [column],
};
const keyOf = (changes: Partial<Computation>) => computationKey({ ...computation, ...changes });
const assignmentWith = (changes: object) => ({
  assignment: create(AssignmentSchema, { ...assigned, ...changes }),
});

test('runs, attempts, phases, competitions, hubs, people and addresses make no difference', () => {
  const elsewhere = {
    runId: 2n,
    attempt: 3,
    phaseId: 4n,
    competitionId: 5n,
    hub: 'other',
    submitterId: 6n,
    image: 'python@sha256:image',
    submission: { ...artifact('submission'), url: '/elsewhere' },
  };
  expect(keyOf(assignmentWith(elsewhere))).toBe(keyOf({}));
});

test.each<[string, Partial<Computation>]>([
  ['the submission', assignmentWith({ submission: artifact('another') })],
  ['the scoring program', assignmentWith({ scoringProgram: artifact('another') })],
  ['the ingestion program', assignmentWith({ ingestionProgram: artifact('another') })],
  ['data of the hub', assignmentWith({ inputData: artifact('another') })],
  ['which part is the site’s', assignmentWith({ siteData: { ...assigned.siteData, input: true } })],
  ['the answers of the fact sheet', assignmentWith({ factSheetAnswers: '{}' })],
  ['when ingestion runs', assignmentWith({ ingestionOnlyDuringScoring: true })],
  ['the image', { imageDigest: 'sha256:another' }],
  ['the data', { datasets: [{ digest: 'sha256:another', seen: ['reference'] }] }],
  ['which of them are shown', { datasets: [{ digest: 'sha256:data', seen: ['input', 'reference'] }] }],
  ['the rounding', { columns: [{ ...column, decimals: 4 }] }],
  ['the columns', { columns: [column, { ...column, key: 'f1' }] }],
])('%s makes another question', (_, changes) => {
  expect(keyOf(changes)).not.toBe(keyOf({}));
});

test('without an image’s digest its name stands for it', () => {
  expect(keyOf({ imageDigest: null })).not.toBe(keyOf({}));
  expect(keyOf({ imageDigest: null, ...assignmentWith({ image: 'other' }) })).not.toBe(
    keyOf({ imageDigest: null }),
  );
});
