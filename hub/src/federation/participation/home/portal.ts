import type { Actor } from '../../../accounts/access.ts';
import type { BoardRequest } from '../../../leaderboards/service.ts';
import { PeerCompetitionMissingError } from '../../catalogue/errors.ts';
import type { Origin } from '../../catalogue/search.ts';
import type { PeerCompetition } from '../../catalogue/service.ts';
import type { PeerDirectory } from '../../peers/directory.ts';
import { PeerCallError } from '../../peers/errors.ts';
import type { Scope } from '../../peers/state.ts';
import type { BoardReading } from '../wire/board.ts';
import type { Reading, Readings } from './readings.ts';
import type { Registrations } from './registrations.ts';
import type { SafeCompetition } from './safe-pages.ts';

/** A peer's competition in the shape of one of this hub's own. */
export interface ShownCompetition extends Omit<SafeCompetition, 'termsSource' | 'phases'> {
  readonly phases: (SafeCompetition['phases'][number] & {
    readonly files: (SafeCompetition['phases'][number]['files'][number] & { readonly url: string })[];
  })[];
  readonly logoUrl: null;
  readonly createdBy: string;
  readonly collaborators: string[];
  readonly published: boolean;
  readonly canManage: false;
  readonly secretKey: null;
  readonly my: {
    readonly status: 'pending' | 'approved' | 'denied' | null;
    readonly acceptedTermsVersion: number | null;
  } | null;
}

export interface ShownPeerCompetition {
  /** What its hub's catalogue says of it. */
  readonly listed: PeerCompetition;
  /** What its hub shows of it; null when it has not been read yet and cannot be now. */
  readonly competition: ShownCompetition | null;
  readonly asOf: Date | null;
  /** Why it is not of now, in the peer's words or ours. */
  readonly problem: string | null;
  /** What its hub lets people of this one do; nothing once the hubs are no peers any more. */
  readonly scopes: readonly Scope[];
}

/** What the pages of a peer's competition show. @throws PeerCompetitionMissingError */
export async function showCompetition(
  {
    directory,
    readings,
    registrations,
  }: {
    readonly directory: Pick<PeerDirectory, 'get'>;
    readonly readings: Readings;
    readonly registrations: Registrations;
  },
  actor: Actor,
  hub: string,
  id: number,
): Promise<ShownPeerCompetition> {
  const listed = await readings.listed(hub, id);
  const { scopesGot: scopes } = await directory.get(listed.peerId);
  const registration = await registrations.find(actor, listed);
  const my =
    actor.kind === 'user'
      ? {
          status: registration?.status ?? null,
          acceptedTermsVersion: registration?.acceptedTermsVersion ?? null,
        }
      : null;
  try {
    const { content, asOf, problem } = await readings.competition(listed);
    return { listed, competition: toShown(content, listed.origin, my), asOf, problem, scopes };
  } catch (error) {
    if (!(error instanceof PeerCallError)) throw error;
    return { listed, competition: null, asOf: null, problem: error.reason, scopes };
  }
}

type Row = BoardReading['rows'][number];

/** A peer's board in the shape of one of this hub's own: with whose entries are the person's, which the peer is not asked. */
export interface ShownBoard extends Omit<BoardReading, 'rows'> {
  readonly rows: (Omit<Row, 'mine' | 'detailedResultUrl' | 'perTask'> & {
    readonly mine: boolean;
    readonly detailedResultUrl: string | null;
    readonly perTask: (Omit<Row['perTask'][number], 'detailedResultUrl'> & {
      readonly detailedResultUrl: string | null;
    })[];
  })[];
}

/**
 * The board of a phase of a competition that is listed here.
 * @param ownAt what the person has entered in a phase of a peer, by its numbers there
 * @throws PeerCompetitionMissingError | PeerCallError
 */
export async function showBoard(
  {
    readings,
    ownAt,
  }: { readings: Readings; ownAt: (peerId: number, phaseId: number) => Promise<ReadonlySet<number>> },
  { hub, id, ...request }: Omit<BoardRequest, 'limit'> & { hub: string; id: number },
): Promise<Reading<ShownBoard>> {
  const { peerId } = await listedWith(readings, { hub, id, phaseId: request.phaseId });
  const { content: board, ...reading } = await readings.board(peerId, request);
  const own = await ownAt(peerId, request.phaseId);
  return { ...reading, content: { ...board, rows: toShownRows(board, { hub, id, own }) } };
}

/** All of it, to download: nothing in it depends on who asks. @throws PeerCompetitionMissingError | PeerCallError */
export async function showWholeBoard(
  readings: Readings,
  { hub, id, ...which }: Pick<BoardRequest, 'phaseId' | 'split'> & { hub: string; id: number },
): Promise<Reading<ShownBoard>> {
  const { peerId } = await listedWith(readings, { hub, id, phaseId: which.phaseId });
  const { content: board, ...reading } = await readings.wholeBoard(peerId, which);
  return { ...reading, content: { ...board, rows: toShownRows(board, { hub, id, own: new Set() }) } };
}

/** What is listed here, with that phase. */
async function listedWith(
  readings: Readings,
  { hub, id, phaseId }: { hub: string; id: number; phaseId: number },
): Promise<PeerCompetition> {
  const listed = await readings.listed(hub, id);
  const { content: competition } = await readings.competition(listed);
  if (!competition.phases.some((phase) => phase.id === phaseId)) throw new PeerCompetitionMissingError();
  return listed;
}

function toShownRows(
  { rows }: BoardReading,
  { hub, id, own }: { hub: string; id: number; own: ReadonlySet<number> },
): ShownBoard['rows'] {
  const reportAt = (submissionId: number, isThere: boolean) =>
    isThere ? `/reports/peers/${hub}/${id}/${submissionId}` : null;
  return rows.map((row) => ({
    ...row,
    mine: own.has(row.submissionId),
    detailedResultUrl: reportAt(row.submissionId, row.detailedResultUrl),
    perTask: row.perTask.map((part) => ({
      ...part,
      detailedResultUrl: reportAt(part.submissionId, part.detailedResultUrl),
    })),
  }));
}

function toShown(
  { termsSource: _, phases, ...content }: SafeCompetition,
  { hub }: Origin,
  my: ShownCompetition['my'],
): ShownCompetition {
  return {
    ...content,
    phases: phases.map((phase) => ({
      ...phase,
      // Through this hub: people need no session at the peer.
      files: phase.files.map((file) => ({
        ...file,
        url: `/files/peers/${hub}/${content.id}/phases/${phase.id}/${file.kind}`,
      })),
    })),
    logoUrl: null,
    createdBy: content.organizer,
    collaborators: [],
    published: true,
    canManage: false,
    secretKey: null,
    my,
  };
}
