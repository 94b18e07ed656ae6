import { join } from 'node:path';
import type { Demo, DemoParticipant, SiteData } from '../../demo/build.ts';
import { type Address, originOf, type Settings } from '../settings.ts';
import type { SiteNodeOptions } from '../site-node.ts';

export interface SitePlan
  extends Pick<SiteNodeOptions, 'site' | 'title' | 'policy' | 'servesDefaultQueue' | 'consolePort'> {
  readonly data: (demo: Demo) => SiteData[];
}

/** What one of the hubs has of the demonstration. */
export interface HubPlan {
  /** WEIR_HUB_NAME, and the folder of everything it keeps. */
  readonly name: string;
  readonly title: string;
  /** Whose home hub it is. */
  readonly person: DemoParticipant;
  /** Title of its competition. */
  readonly competition: string;
  readonly sites: readonly SitePlan[];
}

const ward = (site: 'north' | 'south') => (demo: Demo) =>
  demo.siteData[site].filter(({ name }) => name === 'sepsis-ward');

export const PLANS: readonly [HubPlan, HubPlan] = [
  {
    name: 'coast',
    title: 'Coast, a university',
    person: 'ada',
    competition: 'Sepsis early warning: warm-up',
    sites: [
      {
        site: 'campus',
        title: 'Campus of the Coast',
        policy: 'local',
        servesDefaultQueue: true,
        consolePort: 4380,
        data: () => [],
      },
    ],
  },
  {
    name: 'valley',
    title: 'Valley, a consortium of hospitals',
    person: 'grace',
    competition: 'Sepsis early warning: code at the sites',
    sites: [
      {
        site: 'north',
        title: 'North University Hospital',
        policy: 'north',
        servesDefaultQueue: true,
        consolePort: 4381,
        data: ward('north'),
      },
      {
        site: 'south',
        title: 'South District Hospital',
        policy: 'south',
        servesDefaultQueue: false,
        consolePort: 4382,
        data: ward('south'),
      },
    ],
  },
];

/**
 * The settings of each hub: a folder of its own, and the next port for the second. Browsers keep cookies by host, whatever the port, so the second one is
 * reached under the other name of the same machine: signing in at one does not end the session at the other.
 */
export function federatedSettings(settings: Settings): Settings[] {
  return PLANS.map(({ name }, place) => {
    const http = next(settings.http, place);
    const origin = new URL(originOf(http));
    const first = new URL(originOf(settings.http)).hostname;
    if (place > 0) origin.hostname = first === 'localhost' ? '127.0.0.1' : 'localhost';
    return {
      ...settings,
      hubName: name,
      home: join(settings.home, 'federation', name),
      http,
      grpc: next(settings.grpc, place),
      publicUrl: origin.origin,
    };
  });
}

function next({ host, port }: Address, by: number): Address {
  return { host, port: port + by };
}
