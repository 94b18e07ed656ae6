import { createWriteStream } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { ANSWERS } from '../rest/answers.ts';
import { readCredentials } from './credentials.ts';
import { EXIT_FAILED, HubError, UsageError } from './errors.ts';
import { HubClient } from './hub-client.ts';
import { idOf } from './numbers.ts';
import { print, showProgress, tell, toTable } from './terminal.ts';

const EVERY_MS = 1_000;

/** Makes a competition of a bundle; the hub's problems with it are the answer when it cannot. */
export async function uploadCommand([path]: readonly string[], { json }: { json: boolean }): Promise<number> {
  if (path === undefined) throw new UsageError('say which bundle: weir upload FILE');
  const { url, token } = await readCredentials(process.env);
  const hub = new HubClient(url, token);
  const { creationId } = await hub.upload('competition_bundle', path, showProgress('Sending'));
  if (creationId === null) throw new HubError('the hub does not say what it does with the bundle', null);
  tell('Sent. The hub reads it.');
  let creation: z.infer<typeof ANSWERS.Creation>;
  do {
    await pause(EVERY_MS);
    creation = await hub.get(`/api/competitions/${creationId}/creation_status/`, ANSWERS.Creation);
  } while (creation.status === 'Starting');
  const { status, details, resulting_competition: competition } = creation;
  const isMade = status === 'Finished';
  const address = competition === null ? null : `${url}/competitions/${competition}`;
  if (json) print({ competition, url: address, status, details });
  else if (isMade) process.stdout.write(`${address}\n`);
  if (!json && details) tell(details);
  return isMade ? 0 : EXIT_FAILED;
}

/** A phase's board. */
export async function resultsCommand(
  [phase]: readonly string[],
  { json }: { json: boolean },
): Promise<number> {
  const phaseId = idOf(phase, 'say of which phase: weir results PHASE');
  const { url, token } = await readCredentials(process.env);
  const board = await new HubClient(url, token).get(`/api/phases/${phaseId}/get_leaderboard/`, ANSWERS.Board);
  if (json) {
    print(board);
    return 0;
  }
  const columns = board.tasks.flatMap((task) =>
    task.columns.map(({ index, title }) => ({
      taskId: task.id,
      index,
      title: board.tasks.length > 1 ? `${task.name}: ${title}` : title,
    })),
  );
  const rows = board.submissions.map(({ id, owner, scores }) => [
    String(id),
    owner ?? '',
    ...columns.map(
      ({ taskId, index }) =>
        scores.find((score) => score.task_id === taskId && score.index === index)?.score ?? '',
    ),
  ]);
  process.stdout.write(
    toTable([['submission', 'participant', ...columns.map(({ title }) => title)], ...rows]),
  );
  return 0;
}

const begun = z.object({ result: z.object({ data: z.object({ dumpId: z.int() }) }) });
const dumps = z.object({
  result: z.object({
    data: z.array(
      z.object({
        id: z.int(),
        status: z.enum(['Starting', 'Finished', 'Failed']),
        details: z.string(),
        file: z.object({ fileName: z.string(), url: z.string() }).nullable(),
      }),
    ),
  }),
});

/** Takes a competition away as a bundle. */
export async function dumpCommand(
  [competition]: readonly string[],
  {
    json,
    keys,
    archive,
    output,
  }: { json: boolean; keys: boolean; archive: boolean; output?: string | undefined },
): Promise<number> {
  const competitionId = idOf(competition, 'say which competition: weir dump COMPETITION');
  const { url, token } = await readCredentials(process.env);
  const hub = new HubClient(url, token);
  const content = keys ? 'keys' : 'data';
  const request = { competitionId, content, withArchive: archive };
  const { dumpId } = (await hub.post('/trpc/dumps.create', request, begun)).result.data;
  const input = encodeURIComponent(JSON.stringify({ competitionId }));
  while (true) {
    await pause(EVERY_MS);
    const { data } = (await hub.get(`/trpc/dumps.list?input=${input}`, dumps)).result;
    const dump = data.find(({ id }) => id === dumpId);
    if (!dump || dump.status === 'Failed') throw new HubError(dump?.details ?? 'the dump was deleted', null);
    if (!dump.file) continue;
    // The name is the hub's word: it names a file here, and no place.
    const path = output ?? basename(dump.file.fileName);
    const { body } = await hub.download(dump.file.url);
    if (body) await pipeline(Readable.fromWeb(body), createWriteStream(path, { flags: output ? 'w' : 'wx' }));
    if (json) print({ dump: dumpId, file: path });
    else process.stdout.write(`${path}\n`);
    return 0;
  }
}
