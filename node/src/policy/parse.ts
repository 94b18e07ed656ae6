import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { type PolicyProblem, PolicyUnreadableError } from './errors.ts';
import { type Policy, policySchema } from './schema.ts';
import { type ReadYaml, readYaml } from './yaml.ts';

export interface ReadPolicy {
  readonly policy: Policy;
  /** sha256:<hex> of the file's bytes. */
  readonly digest: string;
  readonly text: string;
}

/** Reads a policy, or throws with every problem at once, its place and its cure. */
export function parsePolicy(path: string, text: string): ReadPolicy {
  const unfinished = isFinished(text) ? [] : [UNFINISHED];
  try {
    const policy = parseYamlAs(policySchema, path, text);
    if (unfinished.length > 0) throw new PolicyUnreadableError(path, []);
    return { policy, digest: `sha256:${createHash('sha256').update(text).digest('hex')}`, text };
  } catch (error) {
    if (!(error instanceof PolicyUnreadableError)) throw error;
    throw new PolicyUnreadableError(path, [...error.problems, ...unfinished]);
  }
}

const UNFINISHED: PolicyProblem = {
  place: '',
  line: null,
  problem:
    'the end is missing: the last line of a policy is `...` (YAML for "end of the document"), since half of a policy may be one too, and a laxer one',
};

/** Whether nothing is missing at the end. What is written in braces, as JSON is, ends with the last of them. */
function isFinished(text: string): boolean {
  return /^\.\.\.\s*$/m.test(text) || text.trimStart().startsWith('{');
}

/** Reads YAML of a schema in the way of a policy: all problems at once, with line and place. */
export function parseYamlAs<Schema extends z.ZodType>(
  schema: Schema,
  path: string,
  text: string,
): z.output<Schema> {
  const yaml = readYaml(text);
  if (yaml.kind === 'unreadable') throw new PolicyUnreadableError(path, yaml.problems);
  if (yaml.value === null || yaml.value === undefined) {
    throw new PolicyUnreadableError(path, [{ place: '', line: null, problem: 'the file is empty' }]);
  }
  const read = schema.safeParse(yaml.value);
  if (read.success) return read.data;
  const problems = read.error.issues.flatMap((issue) => toProblems(issue, yaml));
  throw new PolicyUnreadableError(
    path,
    problems.sort((one, other) => (one.line ?? 0) - (other.line ?? 0)),
  );
}

function toProblems(issue: z.core.$ZodIssue, yaml: ReadYaml & { kind: 'read' }): PolicyProblem[] {
  if (issue.code === 'unrecognized_keys') {
    const problem = 'there is no such key; check its spelling and its indentation';
    return issue.keys.map((key) => problemAt([...issue.path, key], problem, yaml));
  }
  const problem = isThere(yaml.value, issue.path) ? issue.message : `is missing: ${issue.message}`;
  return [problemAt(issue.path, problem, yaml)];
}

function isThere(value: unknown, path: readonly PropertyKey[]): boolean {
  return path.reduce<unknown>((inner, key) => Object(inner)[key], value) !== undefined;
}

function problemAt(
  path: readonly PropertyKey[],
  problem: string,
  { lineOf }: ReadYaml & { kind: 'read' },
): PolicyProblem {
  return { place: path.map(String).join('.'), line: lineOf(path), problem };
}
