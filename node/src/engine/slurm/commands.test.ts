import { expect, it } from 'vitest';
import { isOver, isRefusal, parseQueue } from './commands.ts';

it('reads the queue', () => {
  expect(
    parseQueue('12|RUNNING|None|weir-n-1-1-scoring|weir:n\n13|PENDING|Resources|other|(null)\n'),
  ).toEqual([
    { id: '12', state: 'RUNNING', reason: 'None', name: 'weir-n-1-1-scoring', comment: 'weir:n' },
    { id: '13', state: 'PENDING', reason: 'Resources', name: 'other', comment: '(null)' },
  ]);
  expect(parseQueue('')).toEqual([]);
});

it.each([
  ['sbatch: error: Batch job submission failed: Requested node configuration is not available', true],
  ['sbatch: error: invalid partition specified: gpu', true],
  ['sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)', false],
  ['sbatch: error: Batch job submission failed: Socket timed out on send/recv operation', false],
  ['sbatch: error: Munge encode failed: Failed to access "/run/munge.sock"', false],
  ['', false],
])('knows a refusal from an outage: %s', (said, refusal) => {
  expect(isRefusal(said)).toBe(refusal);
});

it.each([
  ['PENDING', false],
  ['RUNNING', false],
  ['COMPLETING', false],
  ['SUSPENDED', false],
  ['COMPLETED', true],
  ['NODE_FAIL', true],
  ['OUT_OF_MEMORY', true],
  ['CANCELLED by 0', true],
])('knows which jobs are over: %s', (state, over) => {
  expect(isOver(state)).toBe(over);
});
