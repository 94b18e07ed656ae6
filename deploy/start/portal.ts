import { join } from 'node:path';
import type { ChildSpec } from './child.ts';
import type { Settings } from './settings.ts';

/** The portal listens on loopback only; people reach it through the hub, under one origin with the API. */
export function portalProcess(settings: Settings, project: string, port: number, hubUrl: string): ChildSpec {
  return {
    title: settings.hubName === null ? 'portal' : `portal of ${settings.hubName}`,
    script: join(project, 'web', 'build', 'index.js'),
    env: {
      HOST: '127.0.0.1',
      PORT: String(port),
      // The hub says how people reached it; adapter-node takes https for granted otherwise.
      PROTOCOL_HEADER: 'x-forwarded-proto',
      HOST_HEADER: 'x-forwarded-host',
      WEIR_HUB_URL: hubUrl,
    },
    log: join(settings.home, 'logs', 'portal.log'),
  };
}
