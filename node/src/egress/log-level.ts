import { type Assignment, LogLevel } from '@weir/proto/node/v1';
import type { EgressRules } from '../policy/egress-rules.ts';

/** What may leave of what containers print: the lower of what the hub asks for and what the policy permits. */
export function permittedLogs(assignment: Assignment, policy: EgressRules['logs']): 'none' | 'full' {
  return assignment.logLevel === LogLevel.FULL && policy === 'full' ? 'full' : 'none';
}
