import { competitions, leaderboards, phases } from '../../competitions/schema.ts';
import type { FederatedHub } from './federated-hub.ts';

export interface ListedCompetition {
  readonly title: string;
  readonly createdBy: number;
  readonly published?: boolean;
  readonly startsAt?: Date;
  readonly endsAt?: Date | null;
}

/** A competition with one phase. @returns its number */
export async function addCompetition(
  { context }: FederatedHub,
  { title, createdBy, published = true, startsAt = new Date(0), endsAt = null }: ListedCompetition,
): Promise<number> {
  const { queries } = context.database;
  const [competition] = await queries
    .insert(competitions)
    .values({ title, description: `About ${title}`, createdBy, published, dockerImage: 'none' })
    .returning({ id: competitions.id });
  const competitionId = competition!.id;
  const [board] = await queries
    .insert(leaderboards)
    .values({ competitionId, title: 'Results', key: 'results' })
    .returning({ id: leaderboards.id });
  await queries
    .insert(phases)
    .values({ competitionId, index: 0, name: 'Main', startsAt, endsAt, leaderboardId: board!.id });
  return competitionId;
}
