import { basename } from 'node:path';
import type { Demo, DemoCompetition, DemoParticipant } from '../demo/build.ts';
import { StartError } from './errors.ts';
import { type CompetitionDetails, HubClient, type SubmissionSummary } from './hub-client.ts';
import { waitFor } from './waiting.ts';

export interface Account {
  username: string;
  password: string;
}

export interface DemoAccounts {
  organizer: Account;
  participants: Record<DemoParticipant, Account>;
}

/** Of a hub where not everybody of the demonstration has an account. */
export interface SomeAccounts {
  organizer: Account;
  participants: Partial<DemoAccounts['participants']>;
}

/** A competition of the demonstration as it is on the hub. */
export interface LoadedCompetition {
  id: number;
  title: string;
  /** Whether its results wait for a person at a site. */
  isReviewed: boolean;
  submissions: { participant: DemoParticipant; id: number }[];
}

const ENDED = ['Finished', 'Failed', 'Cancelled'];

/**
 * Loads what is missing of the demonstration through the public API: competitions that the organizer has under their
 * title stay as they are, and so do the submissions of a participant who has entered one. Who has no account enters nothing.
 * `onCompetition` is called before anybody enters it.
 */
export async function loadDemo(
  origin: string,
  demo: Pick<Demo, 'competitions'>,
  accounts: SomeAccounts,
  onCompetition: (competition: CompetitionDetails) => Promise<void>,
): Promise<LoadedCompetition[]> {
  const organizer = await HubClient.signIn(origin, accounts.organizer.username, accounts.organizer.password);
  const loaded: LoadedCompetition[] = [];
  for (const competition of demo.competitions) {
    const details = await ensureCompetition(organizer, competition);
    await onCompetition(details);
    const submissions: LoadedCompetition['submissions'] = [];
    for (const { participant, name, archive } of competition.submissions) {
      const account = accounts.participants[participant];
      if (!account) continue;
      const client = await HubClient.signIn(origin, account.username, account.password);
      const submission = await ensureSubmission(client, details, archive, name);
      submissions.push({ participant, id: submission.id });
    }
    loaded.push({ id: details.id, title: details.title, isReviewed: competition.isReviewed, submissions });
  }
  return loaded;
}

/** Resolves with the submissions that wait for nobody once each has come to an end, whichever. */
export async function watchSubmissions(
  origin: string,
  competitions: LoadedCompetition[],
  organizer: Account,
  signal: AbortSignal,
): Promise<SubmissionSummary[]> {
  const client = await HubClient.signIn(origin, organizer.username, organizer.password);
  const ids = competitions
    .filter(({ isReviewed }) => !isReviewed)
    .flatMap(({ submissions }) => submissions.map(({ id }) => id));
  return waitFor(
    { until: "the participants' scores", timeout: 3 * 60_000, interval: 1_000, signal },
    async () => {
      const submissions = await Promise.all(ids.map((id) => client.getSubmission(id)));
      return submissions.every((submission) => ENDED.includes(submission.status)) ? submissions : null;
    },
  );
}

async function ensureCompetition(organizer: HubClient, wanted: DemoCompetition): Promise<CompetitionDetails> {
  const mine = await organizer.listCompetitions('mine=true');
  const id =
    mine.find(({ title }) => title === wanted.title)?.id ?? (await createCompetition(organizer, wanted));
  const details = await organizer.getCompetition(id);
  if (!details.published) await organizer.publish(id);
  return details;
}

async function createCompetition(organizer: HubClient, wanted: DemoCompetition): Promise<number> {
  const statusId = await organizer.uploadBundle(wanted.bundle, basename(wanted.bundle));
  const waiting = { until: `the hub to unpack ${basename(wanted.bundle)}`, timeout: 120_000 };
  const creation = await waitFor(waiting, async () => {
    const status = await organizer.getCreation(statusId);
    return status.status === 'Starting' ? null : status;
  });
  if (creation.resulting_competition === null) {
    throw new StartError(`The hub refused ${basename(wanted.bundle)}:\n${creation.details}`);
  }
  return creation.resulting_competition;
}

async function ensureSubmission(
  participant: HubClient,
  competition: CompetitionDetails,
  archive: string,
  name: string,
): Promise<SubmissionSummary> {
  const phase = competition.phases[0];
  if (!phase) throw new StartError(`"${competition.title}" has no phase`);
  const registered = await participant.listCompetitions('participating_in=true');
  if (!registered.some(({ id }) => id === competition.id)) await participant.register(competition.id);
  const entered = await participant.listSubmissions(phase.id);
  if (entered[0]) return entered[0];
  return participant.submit(
    phase.id,
    phase.tasks.map((task) => task.id),
    archive,
    name,
  );
}
