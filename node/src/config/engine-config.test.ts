import { expect, it } from 'vitest';
import { toConfig } from './config.ts';
import { toSiteEngines } from './engine-config.ts';
import { InvalidConfigError } from './errors.ts';

it('keeps images and jobs in the home unless told otherwise', () => {
  const engines = toSiteEngines('/home', {});
  expect(engines).toMatchObject({ images: '/home/images', pullImages: true });
  expect(engines.slurm).toMatchObject({ containers: 'bubblewrap', jobs: '/home/jobs', partition: null });
  expect(
    toSiteEngines('/home', { WEIR_NODE_IMAGES: '/sif', WEIR_NODE_SLURM_PARTITION: 'gpu' }),
  ).toMatchObject({
    images: '/sif',
    slurm: { partition: 'gpu' },
  });
});

it.each([{ WEIR_NODE_SLURM_CONTAINERS: 'docker' }, { WEIR_NODE_PULL_IMAGES: 'maybe' }])(
  'refuses %j',
  (env) => {
    expect(() => toSiteEngines('/home', env)).toThrow(InvalidConfigError);
  },
);

it('takes the engine and the GPUs of a run from the command line', () => {
  expect(toConfig({ home: '/h', engine: 'slurm', gpus: '4' }, {})).toMatchObject({
    engine: 'slurm',
    gpus: 4,
  });
  expect(toConfig({ home: '/h' }, {})).toMatchObject({ gpus: 0 });
  expect(() => toConfig({ home: '/h', gpus: '-1' }, {})).toThrow(InvalidConfigError);
  expect(() => toConfig({ home: '/h', engine: 'lxc' }, {})).toThrow('apptainer');
});
