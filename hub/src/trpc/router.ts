import { accountsRouter } from '../accounts/router.ts';
import { resourcesRouter } from '../resources/router.ts';
import { router } from './init.ts';

export const appRouter = router({
  accounts: accountsRouter,
  resources: resourcesRouter,
});

/** All of the hub that the portal knows at compile time. */
export type AppRouter = typeof appRouter;
