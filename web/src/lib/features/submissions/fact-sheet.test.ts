import { describe, expect, it } from 'vitest';
import { emptyAnswers, toQuestions } from './fact-sheet.ts';

describe('fact sheet', () => {
  const questions = toQuestions({
    method: { key: 'method', type: 'text', title: 'Method', selection: '', is_required: 'true' },
    pretrained: { key: 'pretrained', type: 'checkbox', title: '', selection: '', is_required: 'false' },
    family: { type: 'select', title: 'Family', selection: ['', 'Trees', 7], is_required: true },
    broken: null,
  });

  it("reads Codabench's questions", () => {
    expect(questions.map(({ key, title, kind, required }) => [key, title, kind, required])).toEqual([
      ['method', 'Method', 'text', true],
      ['pretrained', 'pretrained', 'checkbox', false],
      ['family', 'Family', 'select', true],
    ]);
    expect(questions[2]?.choices).toEqual(['', 'Trees']);
  });

  it('starts unanswered', () => {
    expect(emptyAnswers(questions)).toEqual({ method: '', pretrained: false, family: '' });
    expect(toQuestions(null)).toEqual([]);
  });
});
