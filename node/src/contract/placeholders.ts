export interface CommandContext {
  readonly kind: 'program' | 'ingestion';
  readonly step: 'prediction' | 'scoring';
  readonly ingestionDuringScoring: boolean;
}

/**
 * Puts paths in the place of the v1.5 tokens. Plain text replacement, each token everywhere, in this order, as the worker does it; so `$input`
 * also takes the front of `$input_data`, and `$program` under ingestion during scoring becomes a path that is not mounted.
 */
export function replacePlaceholders(
  command: string,
  { kind, step, ingestionDuringScoring }: CommandContext,
): string {
  const scoring = step === 'scoring';
  const replacements: readonly (readonly [string, string])[] = [
    ['$input', kind === 'ingestion' ? '/app/input_data' : '/app/input'],
    ['$output', '/app/output'],
    ['$program', ingestionDuringScoring && scoring ? '/app/ingestion_program' : '/app/program'],
    ['$ingestion_program', '/app/program'],
    ['$hidden', '/app/input/ref'],
    ['$shared', '/app/shared'],
    ['$submission_program', '/app/ingested_program'],
    ['$tmp', '/app/output'],
    ['$predictions', scoring ? '/app/input/res' : '/app/output'],
  ];
  return replacements.reduce((text, [token, path]) => text.replaceAll(token, path), command);
}
