import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FailureCode } from '@weir/proto/node/v1';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readScores } from './scores.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-scores-'));
});
afterEach(() => rm(folder, { recursive: true }));

const read = () => readScores(folder, ['score', 'correct', 'Duration']);
const scores = (values: Record<string, number>) => ({ kind: 'scores', values });
const failure = (code: FailureCode) => ({ kind: 'failed', failure: code });

describe('scores.json', () => {
  it.each([
    ['{"score": 0.5}', { score: 0.5 }],
    [
      '{"score": 1e-05, "Duration": 3, "other": "text", "nested": {"score": 1}}',
      { score: 1e-5, Duration: 3 },
    ],
    ['\uFEFF{"score": 1}', { score: 1 }],
    ['{"score": "0.93", "correct": " 2 "}', { score: 0.93, correct: 2 }],
    ['{"score": true, "correct": false}', { score: 1, correct: 0 }],
    ['{"score": null, "correct": 2}', { correct: 2 }],
    ['{"Score": 1}', {}],
    ['{"other": NaN, "quoted": "say \\"NaN\\"", "score": 1}', { score: 1 }],
    ['{"__proto__": {"score": 1}, "correct": 3}', { correct: 3 }],
    ['{}', {}],
  ])('%s', async (content, values) => {
    await writeFile(join(folder, 'scores.json'), content);
    expect(await read()).toEqual(scores(values));
  });

  it.each([
    ['', FailureCode.SCORES_UNREADABLE],
    ['[0.5]', FailureCode.SCORES_UNREADABLE],
    ['0.5', FailureCode.SCORES_UNREADABLE],
    ['{"score": }', FailureCode.SCORES_UNREADABLE],
    ['{"score": "high"}', FailureCode.SCORES_UNREADABLE],
    ['{"score": [1]}', FailureCode.SCORES_UNREADABLE],
    ['{"score": NaN}', FailureCode.SCORES_OUT_OF_RANGE],
    ['{"score": -Infinity}', FailureCode.SCORES_OUT_OF_RANGE],
    ['{"score": 1e400}', FailureCode.SCORES_OUT_OF_RANGE],
    ['{"score": 10000000000}', FailureCode.SCORES_OUT_OF_RANGE],
  ])('%s fails', async (content, code) => {
    await writeFile(join(folder, 'scores.json'), content);
    expect(await read()).toEqual(failure(code));
  });

  it('wins over scores.txt, even when it cannot be read', async () => {
    await writeFile(join(folder, 'scores.txt'), 'score: 1');
    await writeFile(join(folder, 'scores.json'), '{"score": 2}');
    expect(await read()).toEqual(scores({ score: 2 }));
    await writeFile(join(folder, 'scores.json'), 'no');
    expect(await read()).toEqual(failure(FailureCode.SCORES_UNREADABLE));
  });
});

describe('scores.txt', () => {
  it.each([
    ['score: 0.5\ncorrect: 1\n', { score: 0.5, correct: 1 }],
    ['score: 1e-5', { score: 1e-5 }],
    ['correct:1', { correct: 1 }],
    ['correct:1\nscore:0.25\n', { correct: 1, score: 0.25 }],
    ['score: 1\ncorrect:2', { score: 1, correct: 2 }],
    ['score: 1\r\nother: x\r\n', { score: 1 }],
  ])('%j', async (content, values) => {
    await writeFile(join(folder, 'scores.txt'), content);
    expect(await read()).toEqual(scores(values));
  });

  it.each([
    ['', FailureCode.SCORES_UNREADABLE],
    ['done', FailureCode.SCORES_UNREADABLE],
    ['- 1', FailureCode.SCORES_UNREADABLE],
    ['score: .nan', FailureCode.SCORES_OUT_OF_RANGE],
    ['score: nan', FailureCode.SCORES_OUT_OF_RANGE],
    ['score:inf', FailureCode.SCORES_OUT_OF_RANGE],
  ])('%j fails', async (content, code) => {
    await writeFile(join(folder, 'scores.txt'), content);
    expect(await read()).toEqual(failure(code));
  });
});

it('are missing when there is no file', async () => {
  expect(await read()).toEqual(failure(FailureCode.SCORES_MISSING));
});

it('are read from plain files of a bounded size alone', async () => {
  const path = join(folder, 'scores.json');
  await writeFile(join(folder, 'real.json'), '{"score": 1}');
  await symlink(join(folder, 'real.json'), path);
  expect(await read()).toEqual(failure(FailureCode.SCORES_UNREADABLE));
  await rm(path);
  await mkdir(path);
  expect(await read()).toEqual(failure(FailureCode.SCORES_UNREADABLE));
  await rm(path, { recursive: true });
  execFileSync('mkfifo', [path]);
  expect(await read()).toEqual(failure(FailureCode.SCORES_UNREADABLE));
  await rm(path);
  await writeFile(path, '{}');
  await truncate(path, 2 ** 40);
  expect(await read()).toEqual(failure(FailureCode.SCORES_UNREADABLE));
});
