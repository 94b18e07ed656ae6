import type { Bundle, BundleResources } from '../../bundles/model.ts';
import type { Problem } from '../../bundles/problem.ts';
import { COMPETITION_FILE } from '../../bundles/read-bundle.ts';

/** The most that a phase of this hub may ask for one container. */
export interface ResourceCeilings {
  readonly memoryBytes: number;
  readonly cpuMillis: number;
  readonly diskBytes: number;
  readonly gpus: number;
}

const SHOWN: Readonly<Record<keyof BundleResources, { key: string; show: (amount: number) => string }>> = {
  memoryBytes: { key: 'memory', show: (bytes) => `${bytes / 2 ** 30}GiB` },
  cpuMillis: { key: 'cpus', show: (millis) => `${millis / 1_000}` },
  diskBytes: { key: 'disk', show: (bytes) => `${bytes / 2 ** 30}GiB` },
  gpus: { key: 'gpus', show: (gpus) => `${gpus}` },
};

/** For hubs whose administrators say nothing. */
export const USUAL_CEILINGS: ResourceCeilings = {
  memoryBytes: 64 * 2 ** 30,
  cpuMillis: 16_000,
  diskBytes: 200 * 2 ** 30,
  gpus: 8,
};

/** What phases ask for beyond the ceilings of the hub. */
export function overCeilings({ phases }: Bundle, ceilings: ResourceCeilings): Problem[] {
  return phases.flatMap(({ resources }, index) =>
    (Object.keys(SHOWN) as (keyof BundleResources)[])
      .filter((what) => (resources?.[what] ?? 0) > ceilings[what])
      .map((what): Problem => {
        const { key, show } = SHOWN[what];
        return {
          severity: 'error',
          code: 'resources_over_ceiling',
          message: `The phase asks for more ${key} than this hub gives to a run.`,
          cure: `Ask for at most ${show(ceilings[what])}, or ask the administrators of the hub for more.`,
          file: COMPETITION_FILE,
          line: null,
          column: null,
          where: `phases[${index}].resources.${key}`,
        };
      }),
  );
}
