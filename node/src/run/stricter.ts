import type { Permission } from '../policy/decide.ts';
import { stricterEgress } from '../policy/stricter.ts';
import type { Permitted } from './site-decisions.ts';

/**
 * What a run may do that was permitted before and is permitted now: what both say. It stays the kind of run that it began as, and is shown
 * no data that it was not to be shown then.
 */
export function stricter(before: Permitted, now: Permitted): Permitted {
  const { kind, siteData, appData } = before.permission;
  return {
    ...now,
    permission: {
      ...now.permission,
      kind,
      siteData,
      egress: stricterEgress(before.permission.egress, now.permission.egress),
      appData: sameDataset(appData, now.permission.appData),
    },
  };
}

function sameDataset(before: Permission['appData'], now: Permission['appData']): Permission['appData'] {
  if (!before || !now || before.name !== now.name || before.version !== now.version) return null;
  return { ...now, steps: now.steps.filter((step) => before.steps.includes(step)) };
}
