import { anonymous } from '../../../accounts/access.ts';
import type { ParticipantStatus } from '../../../competitions/access.ts';
import type { CompetitionDetail } from '../../../competitions/detail.ts';
import { TermsChangedError } from '../../../competitions/errors.ts';
import type { Competitions } from '../../../competitions/service.ts';
import type { Database } from '../../../db/database.ts';
import type { KeyRing } from '../../../keys/ring.ts';
import type { BoardPage, BoardRequest, Leaderboards } from '../../../leaderboards/service.ts';
import type { ReceiptOfRun, Receipts } from '../../../receipts/service.ts';
import type { Allowance } from '../../../submissions/entering.ts';
import type { Submissions } from '../../../submissions/service.ts';
import { readAssertion } from '../../identity/assertion.ts';
import type { PeerIdentity } from '../../identity/service.ts';
import type { KnownPeer, PeerDirectory } from '../../peers/directory.ts';
import { peerAcceptances } from '../schema.ts';
import { verifyAcceptance } from '../wire/acceptance.ts';
import { termsDigestOf } from '../wire/competition.ts';
import { requireListed, requirePhaseListed, requireSubmissionListed } from './listed.ts';

/** Where somebody stands in a competition. */
export interface Standing {
  readonly status: ParticipantStatus | null;
  readonly acceptedTermsVersion: number | null;
  /** What they may still submit, for each phase. */
  readonly allowances: (Allowance & { readonly phaseId: number })[];
}

export interface Asserted {
  /** Who asks, as their home hub says: for one call. */
  readonly assertion: string;
}

interface Parts {
  readonly database: Database;
  readonly keys: Pick<KeyRing, 'rootId'>;
  readonly directory: PeerDirectory;
  readonly identity: Pick<PeerIdentity, 'accountOf'>;
  readonly competitions: Competitions;
  readonly submissions: Submissions;
  readonly leaderboards: Leaderboards;
  readonly receipts: Pick<Receipts, 'ofSubmission'>;
}

/** At the peer: what people of other hubs read here, and how they take part. */
export class Guests {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** As any visitor sees it: so one reading serves all people of a hub. @throws CompetitionMissingError */
  async competition(peer: KnownPeer, competitionId: number): Promise<CompetitionDetail> {
    const { database, competitions } = this.#parts;
    await requireListed(database.queries, peer.id, competitionId);
    return competitions.get(anonymous, competitionId);
  }

  /** As any visitor sees it. @throws PhaseMissingError | BoardHiddenError */
  async board(peer: KnownPeer, request: BoardRequest): Promise<BoardPage> {
    const { database, leaderboards } = this.#parts;
    await requirePhaseListed(database.queries, peer.id, request.phaseId);
    return leaderboards.get(anonymous, request);
  }

  /** What people made public, as any visitor sees it. @throws CompetitionMissingError */
  async published(
    peer: KnownPeer,
    filter: Parameters<Submissions['published']>[1],
  ): ReturnType<Submissions['published']> {
    const { database, submissions } = this.#parts;
    await requireListed(database.queries, peer.id, filter.competitionId);
    return submissions.published(anonymous, filter);
  }

  /** Behind what any visitor sees of a submission. @throws SubmissionMissingError */
  async receipts(peer: KnownPeer, submissionId: number): Promise<{ receipts: ReceiptOfRun[] }> {
    const { database, receipts } = this.#parts;
    await requireSubmissionListed(database.queries, peer.id, submissionId);
    return { receipts: await receipts.ofSubmission(anonymous, submissionId) };
  }

  /**
   * Accepts the terms for somebody, with what their hub signed about it. Can be repeated.
   * @throws what taking part throws | AcceptanceRefusedError
   */
  async register(
    peer: KnownPeer,
    { assertion, statement, competitionId }: Asserted & { statement: string; competitionId: number },
  ): Promise<Standing> {
    const { database, keys, directory, identity, competitions } = this.#parts;
    const { actor, user } = await identity.accountOf(peer, assertion, ['register']);
    const { sub } = readAssertion(assertion);
    // The keys may have been read anew for the assertion.
    const { chain } = await directory.get(peer.id);
    const expected = { iss: peer.rootId, aud: keys.rootId, sub, chain };
    const { cmp, ver, trm } = await verifyAcceptance(statement, expected);
    await requireListed(database.queries, peer.id, competitionId);
    const { termsHtml, termsVersion } = await competitions.get(anonymous, competitionId);
    if (cmp !== competitionId || ver !== termsVersion || trm !== termsDigestOf(termsHtml))
      throw new TermsChangedError();
    await competitions.participation.join(actor, { id: competitionId, acceptTermsVersion: ver });
    await database.queries
      .insert(peerAcceptances)
      .values({
        peerId: peer.id,
        userId: user.id,
        competitionId,
        termsVersion: ver,
        termsDigest: trm,
        statement,
      })
      .onConflictDoNothing();
    return this.#standing(actor, competitionId);
  }

  async standing(
    peer: KnownPeer,
    { assertion, competitionId }: Asserted & { competitionId: number },
  ): Promise<Standing> {
    const { actor } = await this.#parts.identity.accountOf(peer, assertion, ['register', 'submit']);
    return this.#standing(actor, competitionId);
  }

  /** Submissions stay. */
  async leave(
    peer: KnownPeer,
    { assertion, competitionId }: Asserted & { competitionId: number },
  ): Promise<void> {
    const { actor } = await this.#parts.identity.accountOf(peer, assertion, ['register']);
    await this.#parts.competitions.participation.leave(actor, competitionId);
  }

  async #standing(actor: Parameters<Competitions['get']>[0], competitionId: number): Promise<Standing> {
    const { competitions, submissions } = this.#parts;
    const { my, phases } = await competitions.get(actor, competitionId);
    const allowances: Standing['allowances'] = [];
    for (const { id: phaseId } of phases)
      allowances.push({ ...(await submissions.allowance(actor, phaseId)), phaseId });
    return {
      status: my?.status ?? null,
      acceptedTermsVersion: my?.acceptedTermsVersion ?? null,
      allowances,
    };
  }
}
