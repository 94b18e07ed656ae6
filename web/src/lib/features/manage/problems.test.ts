import { describe, expect, it } from 'vitest';
import { byPlace, placeOf, problemsAsText } from './problems.ts';

describe('problems of a bundle', () => {
  it('are placed as editors understand it', () => {
    expect(placeOf({ file: 'competition.yaml', line: 42, column: 5 })).toBe('competition.yaml:42:5');
    expect(placeOf({ file: 'pages/data.md', line: null, column: null })).toBe('pages/data.md');
    expect(placeOf({ file: null, line: null, column: null })).toBeNull();
  });

  it('are listed in the order of the files and their lines', () => {
    const problem = {
      severity: 'error',
      code: 'x',
      message: '',
      cure: '',
      column: null,
      where: '',
    } as const;
    const listed = byPlace([
      { ...problem, file: 'competition.yaml', line: 14 },
      { ...problem, file: 'competition.yaml', line: 4 },
      { ...problem, file: null, line: null },
    ]);
    expect(listed.map(({ line }) => line)).toEqual([null, 4, 14]);
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
