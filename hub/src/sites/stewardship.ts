import { type Actor, requireAdmin, requireUser } from '../accounts/access.ts';
import type { Config } from '../config/config.ts';
import type { Database } from '../db/database.ts';
import type { Dispatch } from '../dispatch/admission.ts';
import { NodeNotFoundError, NotStewardError, SiteNotFoundError, UnknownStewardError } from './errors.ts';
import type { Sites } from './service.ts';
import { readSitePage, type SitePage } from './site-page.ts';
import * as store from './steward-store.ts';

export interface EnrolmentOffer {
  readonly token: string;
  readonly expiresAt: Date;
  /** What to run at the site. */
  readonly command: string;
}

/**
 * What is done about sites on behalf of people: administrators may do all of it, stewards what concerns their own sites. The policy, the
 * data and what leaves are decided at the site and nowhere here.
 *
 * Each method throws NotLoggedInError, and NotStewardError or SiteNotFoundError for whoever may not.
 */
export interface Stewardship {
  /** The sites that the actor looks after; of administrators, all. */
  mine(actor: Actor): Promise<{ name: string; title: string }[]>;
  page(actor: Actor, site: string): Promise<SitePage>;
  /** A one-time token for a new node, or for one of the site's that has to come back as it was. */
  enrolment(actor: Actor, site: string, againFor?: string): Promise<EnrolmentOffer>;
  setPaused(actor: Actor, site: string, paused: boolean): Promise<void>;
  /** Whether the site's own scores stand on boards beside the combined ones. */
  setSharesScores(actor: Actor, site: string, sharesScores: boolean): Promise<void>;
  /** The node is handed nothing new until it is lifted; what it has, it finishes. */
  setDrained(actor: Actor, nodeId: string, drained: boolean): Promise<void>;
  /** At once and for good. */
  revokeNode(actor: Actor, nodeId: string): Promise<void>;
  /** For administrators. */
  addSteward(actor: Actor, site: string, username: string): Promise<void>;
  /** For administrators. */
  removeSteward(actor: Actor, site: string, username: string): Promise<void>;
}

interface Dependencies {
  readonly database: Database;
  readonly sites: Sites;
  readonly dispatch: Pick<Dispatch, 'waitingReasons' | 'cutOff'>;
  readonly config: Pick<Config, 'publicUrl' | 'leaseMs'>;
}

export function createStewardship({ database, sites, dispatch, config }: Dependencies): Stewardship {
  const { queries } = database;

  async function requireSteward(actor: Actor, site: string): Promise<number> {
    const user = requireUser(actor);
    const found = await store.findSite(queries, site, user.id);
    if (!found) throw new SiteNotFoundError(site);
    if (!user.isAdmin && !found.isSteward) throw new NotStewardError(site);
    return found.id;
  }

  async function requireStewardOfNode(actor: Actor, nodeId: string): Promise<void> {
    requireUser(actor);
    const site = await store.findSiteOfNode(queries, nodeId);
    if (site === null) throw new NodeNotFoundError();
    await requireSteward(actor, site);
  }

  return {
    async mine(actor) {
      const { id, isAdmin } = requireUser(actor);
      return store.listSites(queries, isAdmin ? null : id);
    },

    async page(actor, site) {
      const siteId = await requireSteward(actor, site);
      return readSitePage(database, dispatch, siteId, config.leaseMs);
    },

    async enrolment(actor, site, againFor) {
      await requireSteward(actor, site);
      const again = againFor === undefined ? null : await store.findNodeOfSite(queries, site, againFor);
      if (againFor !== undefined && again === null) throw new NodeNotFoundError();
      const { token, expiresAt } = await sites.createEnrolment(site, again?.id);
      const name = again?.name ?? `${site}-${(await store.countNodes(queries, site)) + 1}`;
      const flags = `--hub ${config.publicUrl} --token ${token} --name ${name} --home ./weir-node`;
      return { token, expiresAt, command: `npx weir-node enrol ${again ? '--again ' : ''}${flags}` };
    },

    async setPaused(actor, site, paused) {
      await requireSteward(actor, site);
      await sites.setPaused(site, paused);
    },

    async setSharesScores(actor, site, sharesScores) {
      await requireSteward(actor, site);
      await sites.setSharesScores(site, sharesScores);
    },

    async setDrained(actor, nodeId, drained) {
      await requireStewardOfNode(actor, nodeId);
      await sites.setDrained(nodeId, drained);
    },

    async revokeNode(actor, nodeId) {
      await requireStewardOfNode(actor, nodeId);
      await sites.revokeNode(nodeId);
      await dispatch.cutOff(nodeId);
    },

    async addSteward(actor, site, username) {
      requireAdmin(actor);
      const siteId = await requireSteward(actor, site);
      if (!(await store.insertSteward(queries, siteId, username))) throw new UnknownStewardError(username);
    },

    async removeSteward(actor, site, username) {
      requireAdmin(actor);
      const siteId = await requireSteward(actor, site);
      if (!(await store.deleteSteward(queries, siteId, username))) throw new UnknownStewardError(username);
    },
  };
}
