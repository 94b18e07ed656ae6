import { expect, it } from 'vitest';
import { type CommandContext, replacePlaceholders } from './placeholders.ts';

const every =
  '$input $output $program $ingestion_program $hidden $shared $submission_program $tmp $predictions';

function context(changes: Partial<CommandContext>): CommandContext {
  return { kind: 'program', step: 'prediction', ingestionDuringScoring: false, ...changes };
}

it.each<[Partial<CommandContext>, string]>([
  [
    {},
    '/app/input /app/output /app/program /app/program /app/input/ref /app/shared /app/ingested_program /app/output /app/output',
  ],
  [
    { kind: 'ingestion' },
    '/app/input_data /app/output /app/program /app/program /app/input/ref /app/shared /app/ingested_program /app/output /app/output',
  ],
  [
    { step: 'scoring' },
    '/app/input /app/output /app/program /app/program /app/input/ref /app/shared /app/ingested_program /app/output /app/input/res',
  ],
  [
    { step: 'scoring', kind: 'ingestion', ingestionDuringScoring: true },
    '/app/input_data /app/output /app/ingestion_program /app/program /app/input/ref /app/shared /app/ingested_program /app/output /app/input/res',
  ],
  [
    { ingestionDuringScoring: true },
    '/app/input /app/output /app/program /app/program /app/input/ref /app/shared /app/ingested_program /app/output /app/output',
  ],
])('replaces every token for %j', (changes, expected) => {
  expect(replacePlaceholders(every, context(changes))).toBe(expected);
});

it('replaces text, not words, and every time', () => {
  expect(replacePlaceholders('$input_data/$inputs "$program/$program.py"', context({}))).toBe(
    '/app/input_data//app/inputs "/app/program//app/program.py"',
  );
});
