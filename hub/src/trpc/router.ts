import { accountsRouter } from '../accounts/router.ts';
import { competitionsRouter } from '../competitions/router.ts';
import { resourcesRouter } from '../resources/router.ts';
import { router } from './init.ts';

export const appRouter = router({
  accounts: accountsRouter,
  competitions: competitionsRouter,
  resources: resourcesRouter,
});

/** All of the hub that the portal knows at compile time. */
export type AppRouter = typeof appRouter;
