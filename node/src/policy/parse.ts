import { createHash } from 'node:crypto';
import { LineCounter, parseDocument } from 'yaml';
import { PolicyUnreadableError } from './errors.ts';
import { type Policy, policySchema } from './schema.ts';

export interface ReadPolicy {
  readonly policy: Policy;
  /** sha256:<hex> of the file's bytes. */
  readonly digest: string;
}

const MAX_ALIASES = 20;

/** Reads a policy, or throws with every problem at once and its place. */
export function parsePolicy(path: string, text: string): ReadPolicy {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new PolicyUnreadableError(
      path,
      document.errors.map((error) => ({
        place: `line ${lines.linePos(error.pos[0]).line}`,
        problem: error.message,
      })),
    );
  }
  const read = policySchema.safeParse(document.toJS({ maxAliasCount: MAX_ALIASES }));
  if (!read.success) {
    throw new PolicyUnreadableError(
      path,
      read.error.issues.map((issue) => ({ place: issue.path.join('.'), problem: issue.message })),
    );
  }
  return { policy: read.data, digest: `sha256:${createHash('sha256').update(text).digest('hex')}` };
}
