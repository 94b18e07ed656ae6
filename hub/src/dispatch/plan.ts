import type { Database } from '../db/database.ts';
import type { Sites } from '../sites/service.ts';
import { TooFewSitesError } from '../submissions/many-sites/errors.ts';
import { sitesNeeded } from '../submissions/many-sites/standing.ts';
import type { NewSubmission } from './admission.ts';
import type { Admission, PlannedRun } from './admit.ts';
import { goesBy, isAsked } from './asked-sites.ts';
import { NoSuchSiteDataError, PeerSiteRefusedError } from './errors.ts';
import { IdReserve } from './id-reserve.ts';
import type { PhaseSpec } from './phase-specs.ts';
import { type Pool, sitePool } from './pools.ts';
import type { PlannedRehearsal, RehearsalPart } from './rehearse.ts';
import type { TaskSpec } from './task-specs.ts';

interface Place {
  readonly siteId: number | null;
  readonly pool: Pool;
}

/** Gives ids to a submission, its parts and its runs before any of them is in the database. Nothing is promised to a node here. */
export class Planner {
  readonly #sites: Pick<Sites, 'sitesHolding'>;
  readonly #submissionIds: IdReserve;
  readonly #runIds: IdReserve;

  constructor(database: Database, sites: Pick<Sites, 'sitesHolding'>) {
    this.#sites = sites;
    this.#submissionIds = new IdReserve(database, 'submissions_id_seq');
    this.#runIds = new IdReserve(database, 'runs_id_seq');
  }

  /** @throws NoSuchSiteDataError */
  async admission(
    submission: NewSubmission,
    phase: PhaseSpec,
    tasks: readonly TaskSpec[],
  ): Promise<Admission> {
    const id = submission.id ?? (await this.#submissionIds.take());
    const leaves = [];
    for (const { id: taskId, version: taskVersion } of tasks) {
      leaves.push({ id: tasks.length === 1 ? id : await this.#submissionIds.take(), taskId, taskVersion });
    }
    return { id, submission, leaves, runs: submission.start ? await this.runs(phase, leaves, tasks) : [] };
  }

  /**
   * A rehearsal with its leaves and their runs, all at the sites that were found for them.
   * @param reserved what it is to be numbered; without, the next number
   */
  async rehearsal(parts: readonly RehearsalPart[], reserved?: number): Promise<PlannedRehearsal> {
    const id = reserved ?? (await this.#submissionIds.take());
    const leaves = [];
    for (const { siteIds, ...part } of parts) {
      const runs = [];
      for (const siteId of siteIds) runs.push({ id: await this.#runIds.take(), siteId });
      leaves.push({ id: parts.length === 1 ? id : await this.#submissionIds.take(), ...part, runs });
    }
    return { id, leaves };
  }

  /** The runs of leaves: one at each place where the leaf's task is to run. */
  async runs(
    phase: PhaseSpec,
    leaves: readonly { id: number; taskId: number }[],
    tasks: Iterable<TaskSpec>,
  ): Promise<PlannedRun[]> {
    const runs: PlannedRun[] = [];
    for (const task of tasks) {
      const places = await this.#places(phase, task);
      for (const leaf of leaves.filter(({ taskId }) => taskId === task.id)) {
        for (const place of places) {
          runs.push({
            id: await this.#runIds.take(),
            leafId: leaf.id,
            taskId: task.id,
            ...place,
            session: null,
          });
        }
      }
    }
    return runs;
  }

  /** Each site that the task asks and that holds its data, or the competition's queue. */
  async #places(phase: PhaseSpec, task: TaskSpec): Promise<Place[]> {
    if (!task.siteData) return [{ siteId: null, pool: phase.pool }];
    const { name, version, rule } = task.siteData;
    const dataset = `${name}@${version}`;
    const holders = await this.#sites.sitesHolding({ name, version });
    const asked = holders.filter((site) => isAsked(site, rule.sites, phase.competitionId));
    const refused = rule.sites?.find(
      (name) => name.includes('@') && !asked.some((site) => goesBy(site, name)),
    );
    // A hub may permit it again at any time: it counts as a site that does not hold the data now.
    if (asked.length === 0)
      throw refused ? new PeerSiteRefusedError(refused) : new NoSuchSiteDataError(dataset);
    const needed =
      rule.missing === 'wait' && rule.sites ? rule.sites.length : sitesNeeded(rule, asked.length);
    if (asked.length < needed) throw new TooFewSitesError(dataset, asked.length, needed);
    return asked.map(({ id }) => ({ siteId: id, pool: sitePool(id) }));
  }
}
