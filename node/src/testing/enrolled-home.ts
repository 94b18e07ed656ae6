import type { NodeConfig } from '../config/config.ts';
import { toSiteEngines } from '../config/engine-config.ts';
import { homeAt, makeHome } from '../home/home.ts';
import { storeEnrolment } from '../home/identity.ts';
import type { FakeHub } from '../link/testing/fake-hub.ts';

/** A home as enrolment leaves it, for a hub of tests. */
export async function enrolHome(
  root: string,
  hub: FakeHub,
  { hubUrl = 'http://127.0.0.1:1', certificateLifeMs = 3_600_000 } = {},
): Promise<void> {
  const home = homeAt(root);
  await makeHome(home);
  const identity = { nodeId: 'n1', name: 'north-1', site: 'north', hub: 'test', hubUrl, grpc: hub.address };
  await storeEnrolment(home, identity, await hub.authority.credentialsOf('north-1', certificateLifeMs));
}

export function testConfig(home: string, config: Partial<NodeConfig> = {}): NodeConfig {
  return {
    home,
    engine: 'scripted',
    engineHost: null,
    runtimeDirectory: null,
    siteEngines: toSiteEngines(home, {}),
    gpus: 0,
    executor: 'instant',
    slots: 4,
    cacheBytes: 1e9,
    minFreeBytes: 1,
    drainMs: 1_000,
    logLevel: 'silent',
    consolePort: null,
    ...config,
  };
}
