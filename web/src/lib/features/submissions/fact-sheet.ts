/** One question of a fact sheet, read from Codabench's loose form. */
export interface Question {
  key: string;
  title: string;
  kind: 'text' | 'checkbox' | 'select';
  choices: string[];
  required: boolean;
}

export type Answers = Record<string, string | boolean>;

/** Codabench writes booleans as "true" and "false", and the choices of a text question as "". */
export function toQuestions(factSheet: Record<string, unknown> | null): Question[] {
  return Object.entries(factSheet ?? {}).flatMap(([key, value]) => {
    if (typeof value !== 'object' || value === null) return [];
    const raw: Record<string, unknown> = { ...value };
    return [
      {
        key,
        title: typeof raw.title === 'string' && raw.title !== '' ? raw.title : key,
        kind: raw.type === 'checkbox' || raw.type === 'select' ? raw.type : 'text',
        choices: Array.isArray(raw.selection)
          ? raw.selection.filter((choice) => typeof choice === 'string')
          : [],
        required: raw.is_required === true || raw.is_required === 'true',
      },
    ];
  });
}

export function emptyAnswers(questions: readonly Question[]): Answers {
  return Object.fromEntries(
    questions.map((question) => [question.key, question.kind === 'checkbox' ? false : '']),
  );
}
