import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { AttemptRefSchema, LogStream } from '@weir/proto/node/v1';
import { expect, test } from 'vitest';
import { createLogger } from '../logging/logger.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { MAX_RUN_LOG_BYTES, RunLogs } from './run-logs.ts';

const logger = createLogger('silent');
const ref = create(AttemptRefSchema, { runId: 1n, attempt: 1 });
const textOf = (logs: RunLogs, stream: LogStream) =>
  Buffer.concat(logs.unsent.filter((chunk) => chunk.stream === stream).map((chunk) => chunk.text)).toString();

test('chunks are numbered from 1 without gaps for each stream, and go when acknowledged', async () => {
  await using folder = await temporaryFolder();
  const logs = await RunLogs.open(ref, join(folder.path, 'logs'), logger);
  for (const word of ['a', 'b', 'c']) {
    logs.write(LogStream.PREDICTION_STDOUT, Buffer.from(word));
    logs.write(LogStream.SCORING_STDERR, Buffer.from(word.toUpperCase()));
    logs.flush();
  }
  expect(logs.unsent.map(({ stream, sequence }) => [stream, sequence])).toEqual([
    [1, 1],
    [6, 1],
    [1, 2],
    [6, 2],
    [1, 3],
    [6, 3],
  ]);
  logs.acknowledge(LogStream.PREDICTION_STDOUT, 2);
  expect(textOf(logs, LogStream.PREDICTION_STDOUT)).toBe('c');
  expect(textOf(logs, LogStream.SCORING_STDERR)).toBe('ABC');
  await logs.written();
});

test('after a restart, output that is read again does not come twice', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'logs');
  const output = 'line 1\nline 2 é\nline 3\n';
  const first = await RunLogs.open(ref, path, logger);
  first.write(LogStream.PREDICTION_STDOUT, Buffer.from(output.slice(0, 14)));
  first.flush();
  // Half a character has come when the process dies.
  first.write(LogStream.PREDICTION_STDOUT, Buffer.from('é').subarray(0, 1));
  first.flush();
  await first.written();

  const second = await RunLogs.open(ref, path, logger);
  second.write(LogStream.PREDICTION_STDOUT, Buffer.from(output));
  second.flush(true);
  expect(textOf(second, LogStream.PREDICTION_STDOUT)).toBe(output);
  expect(second.unsent.map(({ sequence }) => sequence)).toEqual([1, 2]);
  await second.written();
});

test('endless output is cut at the cap, says so, and leaves the scoring program its share', async () => {
  await using folder = await temporaryFolder();
  const logs = await RunLogs.open(ref, join(folder.path, 'logs'), logger);
  for (let round = 0; round < 100; round += 1) {
    logs.write(LogStream.PREDICTION_STDOUT, Buffer.alloc(64 * 1024, 'x'));
    logs.flush();
  }
  logs.write(LogStream.SCORING_STDERR, Buffer.from('why'));
  logs.flush();
  expect(textOf(logs, LogStream.PREDICTION_STDOUT).length).toBe(MAX_RUN_LOG_BYTES / 2);
  const prediction = logs.unsent.filter((chunk) => chunk.stream === LogStream.PREDICTION_STDOUT);
  expect(prediction.map((chunk) => chunk.truncated)).toEqual([...prediction.slice(1).map(() => false), true]);
  expect(textOf(logs, LogStream.SCORING_STDERR)).toBe('why');
  await logs.written();
});
