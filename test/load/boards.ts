import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../deploy/start/ports.ts';
import type { BoardName, BoardsCommand, BoardsReply } from './boards-protocol.ts';

const HUB = fileURLToPath(new URL('./boards-hub.ts', import.meta.url));

export interface BoardFigures {
  readonly submissions: number;
  readonly participants: number;
  /** Milliseconds from the request to the whole answer, over one kept connection. */
  readonly pages: readonly {
    readonly board: BoardName;
    readonly page: string;
    readonly entries: number;
    readonly median: number;
    readonly p99: number;
    readonly requests: number;
  }[];
}

interface Kind {
  readonly board: BoardName;
  readonly page: string;
  readonly input?: Readonly<Record<string, unknown>>;
  /** Scores that arrive each second meanwhile. */
  readonly arriving?: number;
  /** Goes on for so many pages of 200 before it measures. */
  readonly skip?: number;
}

const PER_SECOND = 50;

const KINDS: readonly Kind[] = [
  { board: 'best', page: 'first page' },
  { board: 'best', page: `first page, ${PER_SECOND} scores a second arriving`, arriving: PER_SECOND },
  { board: 'best', page: 'first page, sorted by another column', input: { sort: 'recall' } },
  { board: 'best', page: 'first page of a split', input: { split: 'private' } },
  { board: 'every', page: 'first page' },
  { board: 'every', page: `first page, ${PER_SECOND} scores a second arriving`, arriving: PER_SECOND },
  { board: 'every', page: 'after 10,000 entries', skip: 50 },
  { board: 'every', page: 'first page, sorted by another column', input: { sort: 'recall' } },
  {
    board: 'every',
    page: 'first page, sorted by another column, the worst first',
    input: { sort: 'recall', reversed: true },
  },
  {
    board: 'every',
    page: `first page, sorted by another column, ${PER_SECOND} scores a second arriving`,
    input: { sort: 'recall' },
    arriving: PER_SECOND,
  },
  { board: 'ranks', page: 'first page' },
];

/** Pages of boards, asked for as a browser does, from a hub process that does nothing else or takes scores meanwhile. */
export async function benchBoards({
  quick,
  progress,
}: {
  quick: boolean;
  progress: (line: string) => void;
}): Promise<BoardFigures> {
  const size = quick
    ? { submissions: 10_000, participants: 500 }
    : { submissions: 100_000, participants: 2_000 };
  const requests = quick ? 100 : 500;
  const home = await mkdtemp(join(tmpdir(), 'weir-bench-'));
  // PostgreSQL runs under a user of its own when the hub is root.
  await chmod(home, 0o755);
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(home, { recursive: true, force: true }));
  progress(`entering ${size.submissions} submissions of ${size.participants} participants on each board`);
  const hub = fork(HUB, [String(size.submissions), String(size.participants)], {
    env: {
      ...process.env,
      WEIR_HOME: home,
      WEIR_HTTP: '127.0.0.1:0',
      WEIR_GRPC: `127.0.0.1:${await freePort()}`,
      WEIR_LOG_LEVEL: process.env.WEIR_LOG_LEVEL ?? 'warn',
      NODE_ENV: 'production',
    },
  });
  cleanup.defer(() => stop(hub));
  const ready = await nextReply(hub);
  if (ready.kind !== 'ready') throw new Error('the hub process did not start');
  const pages: BoardFigures['pages'][number][] = [];
  for (const kind of KINDS) {
    const ask = asker(ready.url, ready.phaseIds[kind.board]);
    const input = { ...kind.input, ...(await cursorAfter(ask, kind.skip ?? 0)) };
    if (kind.arriving) await tell(hub, { kind: 'arrive', board: kind.board, perSecond: kind.arriving });
    for (let warming = 0; warming < 20; warming++) await ask(input);
    const times: number[] = [];
    let entries = 0;
    for (let index = 0; index < requests; index++) {
      const started = performance.now();
      entries = (await ask(input)).total;
      times.push(performance.now() - started);
    }
    if (kind.arriving) await tell(hub, { kind: 'rest' });
    times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
    const { board, page } = kind;
    pages.push({ board, page, entries, median: at(0.5), p99: at(0.99), requests });
    progress(`${board}, ${page}: median ${at(0.5).toFixed(1)} ms`);
  }
  return { ...size, pages };
}

interface BoardAnswer {
  readonly total: number;
  readonly nextCursor: string | null;
}

type Ask = (input: Readonly<Record<string, unknown>>) => Promise<BoardAnswer>;

function asker(url: string, phaseId: number): Ask {
  return async (input) => {
    const query = new URLSearchParams({ input: JSON.stringify({ phaseId, ...input }) });
    const response = await fetch(`${url}/trpc/leaderboards.get?${query}`);
    if (!response.ok) throw new Error(`the board was answered with ${response.status}`);
    const { result } = (await response.json()) as { result: { data: BoardAnswer } };
    return result.data;
  };
}

async function cursorAfter(ask: Ask, pages: number): Promise<{ cursor?: string }> {
  let cursor: string | null = null;
  for (let page = 0; page < pages; page++) {
    cursor = (await ask({ limit: 200, ...(cursor !== null && { cursor }) })).nextCursor;
    if (cursor === null) break;
  }
  return cursor === null ? {} : { cursor };
}

async function tell(hub: ChildProcess, command: BoardsCommand): Promise<void> {
  hub.send(command);
  await nextReply(hub);
}

async function nextReply(hub: ChildProcess): Promise<BoardsReply> {
  const gone = new AbortController();
  const exit = () => gone.abort(new Error('the hub process has ended'));
  hub.once('exit', exit);
  const [reply] = (await once(hub, 'message', { signal: gone.signal })) as [BoardsReply];
  hub.off('exit', exit);
  return reply;
}

async function stop(hub: ChildProcess): Promise<void> {
  if (hub.exitCode !== null) return;
  hub.send({ kind: 'stop' } satisfies BoardsCommand);
  await once(hub, 'exit');
}

export function boardsToMarkdown({ submissions, participants, pages }: BoardFigures): string {
  return [
    `${submissions} submissions of ${participants} participants, 5 columns; 50 rows a page.`,
    '',
    '| board | page | entries | median ms | p99 ms |',
    '| --- | --- | --- | --- | --- |',
    ...pages.map(
      ({ board, page, entries, median, p99 }) =>
        `| ${board} | ${page} | ${entries} | ${median.toFixed(1)} | ${p99.toFixed(1)} |`,
    ),
  ].join('\n');
}
