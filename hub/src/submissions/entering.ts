import { type Actor, requireUser } from '../accounts/access.ts';
import type { FactSheetQuestion } from '../bundles/model.ts';
import type { CompetitionAccess } from '../competitions/access.ts';
import type { CompetitionGate, ReachedPhase } from '../competitions/gate.ts';
import { stateOfPhase } from '../competitions/state.ts';
import type { Database } from '../db/database.ts';
import type { Dispatch } from '../dispatch/admission.ts';
import { findLimits, type PersonsLimits, whyLimited } from '../dispatch/allowance.ts';
import { PhaseMissingError, PhaseNotOpenError } from '../dispatch/errors.ts';
import { DomainError } from '../http/domain-error.ts';
import type { Resources } from '../resources/service.ts';
import { ForeignUploadError, NotParticipantError, TermsOutdatedError, UnknownTasksError } from './errors.ts';
import { checkAnswers } from './fact-sheet.ts';
import { findRehearsalOffer, type RehearsalOffer } from './rehearsal-offer.ts';
import { findPhaseTasks } from './store.ts';

export interface SubmissionRequest {
  /** Reserved beforehand: see `NewSubmission`. */
  readonly id?: number | undefined;
  readonly phaseId: number;
  /** Of a complete upload of one's own. */
  readonly resourceKey: string;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  /** Some of the phase's tasks; without, all. */
  readonly taskIds?: readonly number[] | undefined;
  readonly factSheetAnswers?: Readonly<Record<string, unknown>> | null | undefined;
  /** Whoever gives no answer at all may give them later, as scripts that know of no fact sheet do. */
  readonly answersMayWait?: boolean | undefined;
}

/** As a submission, but on the synthetic data of sites. */
export interface RehearsalRequest extends SubmissionRequest {
  /** Name of one site; without, every one that offers it. */
  readonly site?: string | undefined;
}

/** What a person may still submit. Unlimited is null. */
export interface Allowance extends PersonsLimits {
  readonly can: boolean;
  /** Why not. */
  readonly reason: string | null;
  /** Days are those of UTC. */
  readonly dayEndsAt: Date;
  /** Whether the phase takes rehearsals of theirs: used-up submissions do not stand in the way. */
  readonly canRehearse: boolean;
  /** Where and how often the phase can be rehearsed; null where no site offers it. */
  readonly rehearsal: RehearsalOffer | null;
}

interface Entered {
  readonly id: number;
  readonly access: CompetitionAccess;
}

/** Checks who may submit what to a phase, and hands it to dispatch, which alone counts. */
export class Entering {
  readonly #database: Database;
  readonly #competitions: CompetitionGate;
  readonly #resources: Pick<Resources, 'getUsable'>;
  readonly #dispatch: Pick<Dispatch, 'admit' | 'rehearse'>;

  constructor(
    database: Database,
    competitions: CompetitionGate,
    resources: Pick<Resources, 'getUsable'>,
    dispatch: Pick<Dispatch, 'admit' | 'rehearse'>,
  ) {
    this.#database = database;
    this.#competitions = competitions;
    this.#resources = resources;
    this.#dispatch = dispatch;
  }

  /** Resolves once the submission is committed. */
  async enter(actor: Actor, request: SubmissionRequest): Promise<Entered> {
    const { reached, limited, entry } = await this.#check(actor, request);
    const { submissionId } = await this.#dispatch.admit({
      ...entry,
      id: request.id,
      limited,
      isSpecificTaskReRun: false,
      start: reached.competition.autoRunSubmissions,
    });
    return { id: submissionId, access: reached.access };
  }

  /** Resolves once the rehearsal is committed. It counts against nothing of the phase and begins at once. */
  async rehearse(actor: Actor, request: RehearsalRequest): Promise<Entered> {
    const { reached, entry } = await this.#check(actor, request);
    const { submissionId } = await this.#dispatch.rehearse({
      ...entry,
      id: request.id,
      site: request.site ?? null,
    });
    return { id: submissionId, access: reached.access };
  }

  async #check(actor: Actor, request: SubmissionRequest) {
    const { id: ownerId } = requireUser(actor);
    const reached = await this.#competitions.viewPhase(actor, request.phaseId);
    const { limited } = checkEntry(reached);
    const resource = await this.#resources.getUsable(actor, request.resourceKey, ['submission']);
    if (resource.createdBy !== ownerId) throw new ForeignUploadError();
    const entry = {
      phaseId: request.phaseId,
      ownerId,
      resourceId: resource.id,
      name: request.name ?? '',
      description: request.description ?? '',
      fileName: resource.fileName,
      factSheetAnswers: checkAnswers(questionsFor(reached, request), request.factSheetAnswers),
      taskIds: await this.#chooseTasks(request),
    };
    return { reached, limited, entry };
  }

  async allowance(actor: Actor, phaseId: number): Promise<Allowance> {
    const { id } = requireUser(actor);
    const reached = await this.#competitions.viewPhase(actor, phaseId);
    const limits = await findLimits(this.#database, phaseId, id);
    if (!limits) throw new PhaseMissingError();
    const rehearsal = await findRehearsalOffer(this.#database, phaseId, id);
    const refusal = whyNot(reached);
    const canRehearse = rehearsal !== null && refusal === null;
    const usage = { ...limits, canRehearse, dayEndsAt: endOfDay(new Date()), rehearsal };
    const isLimited = refusal === null && checkEntry(reached).limited;
    const reason = (refusal ?? (isLimited ? whyLimited(limits) : null))?.message ?? null;
    return { ...usage, can: reason === null, reason };
  }

  async #chooseTasks({ phaseId, taskIds }: SubmissionRequest): Promise<number[]> {
    const all = (await findPhaseTasks(this.#database.queries, phaseId)).map(({ id }) => id);
    if (!taskIds) return all;
    const chosen = all.filter((id) => taskIds.includes(id));
    if (chosen.length === 0 || chosen.length < new Set(taskIds).size) throw new UnknownTasksError();
    return chosen;
  }
}

function questionsFor(
  { competition: { factSheet } }: ReachedPhase,
  { answersMayWait = false, factSheetAnswers }: SubmissionRequest,
): FactSheetQuestion[] | null {
  const isSilent = Object.keys(factSheetAnswers ?? {}).length === 0;
  if (!answersMayWait || !isSilent) return factSheet;
  return factSheet?.map((question) => ({ ...question, isRequired: false })) ?? null;
}

/** @throws NotParticipantError | TermsOutdatedError | PhaseNotOpenError */
function checkEntry({ competition, access, phase }: ReachedPhase): { limited: boolean } {
  if (!access.canSubmit) {
    const status = access.participantStatus;
    throw new NotParticipantError(status === 'approved' ? null : status);
  }
  const isOpen = stateOfPhase(phase, new Date()) === 'open';
  // Organizers try things out before a phase opens and after it has closed; that counts against nothing.
  if (access.canManage) return { limited: isOpen && !access.isUnlimited };
  if (!isOpen) throw new PhaseNotOpenError(phase.startsAt, phase.endsAt);
  const { acceptedTermsVersion, termsVersion } = competition;
  if (acceptedTermsVersion !== null && acceptedTermsVersion < termsVersion) throw new TermsOutdatedError();
  return { limited: !access.isUnlimited };
}

function whyNot(reached: ReachedPhase): DomainError | null {
  try {
    checkEntry(reached);
    return null;
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

function endOfDay(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1));
}
