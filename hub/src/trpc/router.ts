import { institutionsRouter } from '../accounts/oidc/router.ts';
import { accountsRouter } from '../accounts/router.ts';
import { competitionsRouter } from '../competitions/router.ts';
import { creationsRouter } from '../creations/router.ts';
import { dumpsRouter } from '../dumps/router.ts';
import { catalogueRouter } from '../federation/catalogue/router.ts';
import { evaluationRouter } from '../federation/evaluation/router.ts';
import { identityRouter } from '../federation/identity/router.ts';
import { participationRouter } from '../federation/participation/router.ts';
import { peersRouter } from '../federation/peers/router.ts';
import { leaderboardsRouter } from '../leaderboards/router.ts';
import { liveRouter } from '../live/router.ts';
import { receiptsRouter } from '../receipts/router.ts';
import { resourcesRouter } from '../resources/router.ts';
import { sitesRouter } from '../sites/router.ts';
import { submissionsRouter } from '../submissions/router.ts';
import { tasksRouter } from '../tasks/router.ts';
import { router } from './init.ts';

export const appRouter = router({
  accounts: accountsRouter,
  catalogue: catalogueRouter,
  evaluation: evaluationRouter,
  competitions: competitionsRouter,
  creations: creationsRouter,
  dumps: dumpsRouter,
  identity: identityRouter,
  institutions: institutionsRouter,
  live: liveRouter,
  leaderboards: leaderboardsRouter,
  participation: participationRouter,
  peers: peersRouter,
  receipts: receiptsRouter,
  resources: resourcesRouter,
  sites: sitesRouter,
  submissions: submissionsRouter,
  tasks: tasksRouter,
});

/** All of the hub that the portal knows at compile time. */
export type AppRouter = typeof appRouter;
