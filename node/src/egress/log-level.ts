import { type Assignment, LogLevel } from '@weir/proto/node/v1';
import type { Permission } from '../policy/decide.ts';
import type { EgressRules } from '../policy/egress-rules.ts';
import { logClass } from './costs.ts';

type LogClass = EgressRules['logs'];

/** From nothing to everything. */
const CLASSES: readonly LogClass[] = ['none', 'codes', 'scrubbed', 'full'];

/** What may leave of what containers print: the lower of what the hub asks for and what the policy permits. */
export function permittedLogs({ logLevel }: Assignment, { siteData, egress }: Permission): LogClass {
  const permitted = siteData ? logClass(egress.logs) : egress.logs;
  return lower(asked(logLevel), permitted);
}

export function lower(one: LogClass, other: LogClass): LogClass {
  return CLASSES.find((each) => each === one || each === other) ?? 'none';
}

function asked(level: LogLevel): LogClass {
  switch (level) {
    case LogLevel.FULL:
      return 'full';
    case LogLevel.SCRUBBED:
      return 'scrubbed';
    case LogLevel.CODES:
      return 'codes';
    case LogLevel.NONE:
    case LogLevel.UNSPECIFIED:
      return 'none';
    default:
      return level satisfies never;
  }
}
