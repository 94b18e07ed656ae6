import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Database } from '../../../db/database.ts';
import type { BoardRequest } from '../../../leaderboards/service.ts';
import type { Catalogue, PeerCompetition } from '../../catalogue/service.ts';
import type { PeerCalls } from '../../peers/client.ts';
import { PeerCallError } from '../../peers/errors.ts';
import { type BoardReading, boardReading } from '../wire/board.ts';
import { competitionReading } from '../wire/competition.ts';
import { type PublishedReading, publishedReading } from '../wire/submission.ts';
import { confirmReading, findReading, type StoredReading, saveReading } from './reading-store.ts';
import { type SafeCompetition, toSafeCompetition } from './safe-pages.ts';

/** Whoever reads within that time shares one reading. */
const FRESH_MS = { competition: 10_000, board: 3_000, whole: 60_000, published: 3_000 };
/** A page waits no longer than that for a peer; then it shows what is known. */
const TIMEOUT_MS = 5_000;
/** So long after it was waited for in vain, what is known of it is shown at once: one page asks for several things. */
const LEFT_ALONE_MS = 10_000;
const BOARD_ROWS = 50;
/** Of a board that is read whole: each call brings so many, and no more of it is kept than that. */
const WHOLE_ROWS = { aCall: 200, most: 5_000 };
const MOST_BYTES = { competition: 4 * 1024 ** 2, board: 2 * 1024 ** 2, published: 8 * 1024 ** 2 };

export interface Reading<Content> {
  readonly content: Content;
  readonly asOf: Date;
  /** Why it is not of now. */
  readonly problem: string | null;
}

/** At home: what peers show of their competitions, with what they showed last while they do not answer. */
export class Readings {
  readonly #database: Database;
  readonly #catalogue: Pick<Catalogue, 'get'>;
  readonly #calls: PeerCalls;
  readonly #underWay = new Map<string, Promise<Reading<unknown>>>();
  /** By peer. */
  readonly #failed = new Map<number, { readonly at: number; readonly problem: string }>();

  constructor(parts: { database: Database; catalogue: Pick<Catalogue, 'get'>; calls: PeerCalls }) {
    this.#database = parts.database;
    this.#catalogue = parts.catalogue;
    this.#calls = parts.calls;
  }

  /** What is listed here. @throws PeerCompetitionMissingError */
  listed(hub: string, id: number): Promise<PeerCompetition> {
    return this.#catalogue.get(hub, id);
  }

  /** @throws PeerCallError when it was never read and cannot be now */
  competition({ peerId, id }: Pick<PeerCompetition, 'peerId' | 'id'>): Promise<Reading<SafeCompetition>> {
    return this.#read<z.output<typeof competitionReading>, SafeCompetition>(peerId, `competition ${id}`, {
      kind: 'competition',
      ask: () =>
        this.#calls.client(peerId).call(
          competitionReading.refine((answer) => answer.id === id, 'is another competition'),
          (hub) => hub.participation.competition.query({ competitionId: id }),
          { scope: 'list', maxBytes: MOST_BYTES.competition, timeoutMs: TIMEOUT_MS },
        ),
      toContent: toSafeCompetition,
    });
  }

  /** The first page is kept; further ones, and other orders, are read when they are asked for. @throws PeerCallError */
  board(peerId: number, request: Omit<BoardRequest, 'limit'>): Promise<Reading<BoardReading>> {
    const { phaseId, ...special } = request;
    const ask = () => this.#askForBoard(peerId, { ...request, limit: BOARD_ROWS });
    return this.#plain(peerId, { kind: 'board', id: phaseId, special, ask });
  }

  /**
   * All of a board, or its first 5,000 entries: kept, and read again once a minute at most. Where it was never read whole and cannot be now, what a
   * page of it showed last.
   * @throws PeerCallError
   */
  async wholeBoard(
    peerId: number,
    which: Pick<BoardRequest, 'phaseId' | 'split'>,
  ): Promise<Reading<BoardReading>> {
    const what = ['whole board', which.phaseId, which.split].filter((part) => part !== undefined).join(' ');
    const toContent = async (answer: BoardReading) => answer;
    try {
      return await this.#read<BoardReading, BoardReading>(peerId, what, {
        kind: 'whole',
        ask: () => this.#askAllOf(peerId, which),
        toContent,
      });
    } catch (error) {
      if (!(error instanceof PeerCallError)) throw error;
      return this.board(peerId, which);
    }
  }

  /** Page after page. What moves up or down meanwhile may be missing, and is not in it twice. */
  async #askAllOf(peerId: number, which: Pick<BoardRequest, 'phaseId' | 'split'>): Promise<BoardReading> {
    let page = await this.#askForBoard(peerId, { ...which, limit: WHOLE_ROWS.aCall });
    const rows = new Map(page.rows.map((row) => [row.submissionId, row]));
    while (page.nextCursor !== null && page.rows.length > 0 && rows.size < WHOLE_ROWS.most) {
      page = await this.#askForBoard(peerId, { ...which, cursor: page.nextCursor, limit: WHOLE_ROWS.aCall });
      for (const row of page.rows) rows.set(row.submissionId, row);
    }
    return { ...page, rows: [...rows.values()] };
  }

  #askForBoard(peerId: number, request: BoardRequest): Promise<BoardReading> {
    const { phaseId, split } = request;
    return this.#calls.client(peerId).call(
      boardReading.refine(
        (answer) => answer.phaseId === phaseId && answer.split === (split ?? null),
        'is another board',
      ),
      (hub) => hub.participation.board.query(request),
      { scope: 'list', maxBytes: MOST_BYTES.board, timeoutMs: TIMEOUT_MS },
    );
  }

  /** What people made public of a competition; kept as boards are. @throws PeerCallError */
  published(
    peerId: number,
    request: { competitionId: number; phaseId?: number | undefined; cursor?: string | undefined },
  ): Promise<Reading<PublishedReading>> {
    const { competitionId, ...special } = request;
    const ask = () =>
      this.#calls.client(peerId).call(publishedReading, (hub) => hub.participation.published.query(request), {
        scope: 'list',
        maxBytes: MOST_BYTES.published,
        timeoutMs: TIMEOUT_MS,
      });
    return this.#plain(peerId, { kind: 'published', id: competitionId, special, ask });
  }

  /** As it came: the first page is kept, what is asked for specially is not. */
  async #plain<Answer>(
    peerId: number,
    {
      kind,
      id,
      special,
      ask,
    }: { kind: 'board' | 'published'; id: number; special: object; ask: () => Promise<Answer> },
  ): Promise<Reading<Answer>> {
    if (Object.values(special).some((value) => value !== undefined))
      return { content: await ask(), asOf: new Date(), problem: null };
    const toContent = async (answer: Answer) => answer;
    return this.#read<Answer, Answer>(peerId, `${kind} ${id}`, { kind, ask, toContent });
  }

  async #read<Answer, Content>(
    peerId: number,
    what: string,
    how: {
      kind: keyof typeof FRESH_MS;
      ask: () => Promise<Answer>;
      toContent: (answer: Answer, before: Content | null) => Promise<Content>;
    },
  ): Promise<Reading<Content>> {
    const { queries } = this.#database;
    const stored = await findReading<Content>(queries, peerId, what);
    if (stored && Date.now() - stored.readAt.getTime() < FRESH_MS[how.kind])
      return { content: stored.content, asOf: stored.readAt, problem: null };
    const failed = this.#failed.get(peerId);
    if (stored && failed && Date.now() - failed.at < LEFT_ALONE_MS)
      return { content: stored.content, asOf: stored.readAt, problem: failed.problem };
    const key = `${peerId} ${what}`;
    const reading = this.#underWay.get(key) ?? this.#readNow(peerId, what, stored, how);
    this.#underWay.set(key, reading);
    try {
      // The same `what` is always read by the same method.
      return (await reading) as Reading<Content>;
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #readNow<Answer, Content>(
    peerId: number,
    what: string,
    stored: StoredReading<Content> | null,
    how: {
      ask: () => Promise<Answer>;
      toContent: (answer: Answer, before: Content | null) => Promise<Content>;
    },
  ): Promise<Reading<Content>> {
    const { queries } = this.#database;
    try {
      const answer = await how.ask();
      this.#failed.delete(peerId);
      const digest = createHash('sha256').update(JSON.stringify(answer)).digest('hex');
      if (stored?.digest === digest)
        return { content: stored.content, asOf: await confirmReading(queries, peerId, what), problem: null };
      const content = await how.toContent(answer, stored?.content ?? null);
      return { content, asOf: await saveReading(queries, peerId, what, { content, digest }), problem: null };
    } catch (error) {
      if (!(error instanceof PeerCallError)) throw error;
      if (error.code === 'peer_slow') this.#failed.set(peerId, { at: Date.now(), problem: error.detail });
      if (!stored) throw error;
      return { content: stored.content, asOf: stored.readAt, problem: error.reason };
    }
  }
}
