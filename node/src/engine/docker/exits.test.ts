import { expect, it } from 'vitest';
import { exitOf } from './exits.ts';

const notFound = 'ERROR (catatonit:6): failed to exec pid1: No such file or directory\n';
const notExecutable = 'ERROR (catatonit:6): failed to exec pid1: Permission denied\n';
const oom = { kind: 'out-of-memory' };
const exited = (code: number) => ({ kind: 'exited', code });

it.each([
  ['Docker', { ExitCode: 3, OOMKilled: false }, { podmanMajor: null, lastWords: '' }, exited(3)],
  [
    'Docker, killed for memory',
    { ExitCode: 137, OOMKilled: true },
    { podmanMajor: null, lastWords: '' },
    oom,
  ],
  ['Docker, survived it', { ExitCode: 0, OOMKilled: true }, { podmanMajor: null, lastWords: '' }, exited(0)],
  ['Docker, killed', { ExitCode: 137, OOMKilled: false }, { podmanMajor: null, lastWords: '' }, exited(137)],
  ['Podman 4, killed', { ExitCode: 137, OOMKilled: false }, { podmanMajor: 4, lastWords: '' }, oom],
  ['Podman 5, killed', { ExitCode: 137, OOMKilled: false }, { podmanMajor: 5, lastWords: '' }, exited(137)],
  ['not found', { ExitCode: 1, OOMKilled: false }, { podmanMajor: 4, lastWords: notFound }, exited(127)],
  [
    'not allowed',
    { ExitCode: 1, OOMKilled: false },
    { podmanMajor: 4, lastWords: notExecutable },
    exited(126),
  ],
  ['only printed', { ExitCode: 0, OOMKilled: false }, { podmanMajor: 4, lastWords: notFound }, exited(0)],
])('%s', (_name, state, facts, exit) => {
  expect(exitOf(state, facts)).toEqual(exit);
});
