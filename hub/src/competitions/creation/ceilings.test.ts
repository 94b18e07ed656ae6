import { expect, test } from 'vitest';
import type { Bundle, BundleResources } from '../../bundles/model.ts';
import { overCeilings, USUAL_CEILINGS } from './ceilings.ts';

const asking = (...resources: (Partial<BundleResources> | null)[]) =>
  ({ phases: resources.map((each) => ({ resources: each })) }) as Pick<Bundle, 'phases'> as Bundle;

test('what a phase asks beyond the ceilings is named, each with its place and what there is', () => {
  const beyond = asking(
    { memoryBytes: 65 * 2 ** 30, cpuMillis: 16_001, diskBytes: 201 * 2 ** 30, gpus: 9 },
    { memoryBytes: 64 * 2 ** 30, gpus: 9 },
  );
  const problems = overCeilings(beyond, USUAL_CEILINGS);
  expect(problems.map(({ where }) => where)).toEqual([
    'phases[0].resources.memory',
    'phases[0].resources.cpus',
    'phases[0].resources.disk',
    'phases[0].resources.gpus',
    'phases[1].resources.gpus',
  ]);
  expect(new Set(problems.map(({ code, severity }) => `${severity} ${code}`))).toEqual(
    new Set(['error resources_over_ceiling']),
  );
  expect(problems[0]).toMatchObject({
    message: expect.stringContaining('more memory than this hub gives'),
    cure: expect.stringContaining('at most 64GiB'),
  });
});

test('exactly the ceilings, less, and nothing said are within them', () => {
  expect(overCeilings(asking({ ...USUAL_CEILINGS }, { gpus: 0 }, null), USUAL_CEILINGS)).toEqual([]);
});
