import { DomainError } from '../../../http/domain-error.ts';
import type { EntryRequest } from '../wire/entry.ts';
import { type PeerSubmissionDetails, submissionDetails } from '../wire/submission.ts';
import type { Delivery } from './delivery-store.ts';
import type { OwnDeliveries } from './own-deliveries.ts';
import type { Readings } from './readings.ts';
import { isRemovable, type PeerSubmissionDetail } from './view.ts';

/** A page that can do without waits no longer. */
const DETAILS_MS = 5_000;

const NOTHING: PeerSubmissionDetails = {
  files: [],
  canEdit: false,
  canPublish: false,
  canPutOnLeaderboard: false,
  canRemoveFromLeaderboard: false,
};

interface Parts {
  readonly own: OwnDeliveries;
  readonly readings: Readings;
}

/** What its owner may do with it, and its files: what the peer does not say now is left out. */
export async function readDetails(parts: Parts, delivery: Delivery): Promise<PeerSubmissionDetail> {
  const { id, request, remote, state, isLost, peerId } = delivery;
  const details = state === 'entered' && !isLost ? await ask(parts.own, delivery) : NOTHING;
  const { files, ...permissions } = details;
  const taskOf = new Map(remote?.children.map((part) => [part.id, part.taskName]));
  return {
    ...permissions,
    canRemove: isRemovable(delivery),
    files: files.map(({ submissionId, kind, name }) => ({
      kind,
      name,
      of: taskOf.get(submissionId) ?? null,
      url:
        kind === 'detailed_result'
          ? `/reports/peer-submissions/${id}/${submissionId}`
          : `/files/peer-submissions/${id}/${submissionId}/${kind}`,
    })),
    factSheet: await readFactSheet(parts.readings, peerId, request),
  };
}

async function ask(own: OwnDeliveries, delivery: Delivery): Promise<PeerSubmissionDetails> {
  try {
    return await own.call(
      delivery,
      submissionDetails,
      (hub, keyed) => hub.participation.details.query(keyed),
      { timeoutMs: DETAILS_MS },
    );
  } catch (error) {
    if (error instanceof DomainError) return NOTHING;
    throw error;
  }
}

/** What was answered, with the questions as the peer showed them last. */
async function readFactSheet(
  readings: Readings,
  peerId: number,
  { competitionId, factSheetAnswers }: EntryRequest,
): Promise<PeerSubmissionDetail['factSheet']> {
  if (!factSheetAnswers) return [];
  const asked = await readings.competition({ peerId, id: competitionId }).catch(() => null);
  const titles = new Map(asked?.content.factSheet?.map(({ key, title }) => [key, title]));
  return Object.entries(factSheetAnswers).map(([key, answer]) => ({
    key,
    title: titles.get(key) ?? key,
    answer,
  }));
}
