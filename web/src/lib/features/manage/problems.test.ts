import { describe, expect, it } from 'vitest';
import { placeOf, problemsAsText } from './problems.ts';

describe('problems of a bundle', () => {
  it('are placed as editors understand it', () => {
    expect(placeOf({ file: 'competition.yaml', line: 42, column: 5 })).toBe('competition.yaml:42:5');
    expect(placeOf({ file: 'pages/data.md', line: null, column: null })).toBe('pages/data.md');
    expect(placeOf({ file: null, line: null, column: null })).toBeNull();
  });

  it('can be copied as text with their cures', () => {
    const text = problemsAsText([
      {
        severity: 'error',
        code: 'missing_file',
        message: 'scoring.zip is not in the bundle.',
        cure: 'Add it.',
        file: null,
        line: null,
        column: null,
        where: 'tasks[0]',
      },
    ]);
    expect(text).toBe('tasks[0]: error: scoring.zip is not in the bundle. [missing_file]\n  Add it.');
  });
});
