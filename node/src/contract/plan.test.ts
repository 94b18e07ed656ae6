import { describe, expect, it } from 'vitest';
import type { Program } from './metadata.ts';
import { type PlanInput, type PlannedContainer, planPrediction, planScoring } from './plan.ts';

const runs = (command: string): Program => ({ kind: 'command', command });

function input(changes: Partial<PlanInput>): PlanInput {
  return {
    program: runs('run $program $input $predictions'),
    ingestion: { kind: 'absent' },
    ingestionDuringScoring: false,
    hasInputData: true,
    hasReference: true,
    hasFactSheet: false,
    siteData: {},
    path: (part) => `/ws/${part}`,
    ...changes,
  };
}

/** One line for each container: role, command, and its mounts. */
function table(containers: readonly PlannedContainer[]): string[] {
  return containers.map(({ role, command, mounts }) => {
    const shown = mounts.map((mount) => `${mount.source}>${mount.target}${mount.readOnly ? ':ro' : ''}`);
    return [role, `[${command.join(' ')}]`, ...shown].join(' ');
  });
}

const ingestion = runs('ingest $input $submission_program $shared');

describe('prediction', () => {
  it.each<[string, Partial<PlanInput>, string[]]>([
    [
      'a submission with a command',
      {},
      [
        'prediction [run /app/program /app/input /app/output] /ws/submission>/app/program /ws/predictions>/app/output /ws/input-data>/app/input_data',
      ],
    ],
    ['a result', { program: { kind: 'without-metadata' } }, []],
    [
      'a submission for the ingestion program',
      { program: { kind: 'without-command' }, ingestion },
      [
        'prediction-ingestion [ingest /app/input_data /app/ingested_program /app/shared] /ws/ingestion>/app/program /ws/predictions>/app/output /ws/submission>/app/ingested_program /ws/input-data>/app/input_data',
      ],
    ],
    [
      'both',
      { ingestion, hasInputData: false },
      [
        'prediction [run /app/program /app/input /app/output] /ws/submission>/app/program /ws/predictions>/app/output',
        'prediction-ingestion [ingest /app/input_data /app/ingested_program /app/shared] /ws/ingestion>/app/program /ws/predictions>/app/output /ws/submission>/app/ingested_program',
      ],
    ],
    [
      'ingestion that waits for scoring',
      { ingestion, ingestionDuringScoring: true, hasInputData: false },
      [
        'prediction [run /app/program /app/input /app/output] /ws/submission>/app/program /ws/predictions>/app/output',
      ],
    ],
    [
      'data of the site',
      { siteData: { input: '/site/in', reference: '/site/ref', data: '/site/public' } },
      [
        'prediction [run /app/program /app/input /app/output] /ws/submission>/app/program /ws/predictions>/app/output /site/in>/app/input_data:ro /site/public>/app/data:ro',
      ],
    ],
    [
      'an ingestion program without a command',
      { program: { kind: 'without-metadata' }, ingestion: { kind: 'without-command' } },
      [],
    ],
  ])('%s', (_name, changes, expected) => {
    expect(table(planPrediction(input(changes)))).toEqual(expected);
  });
});

describe('scoring', () => {
  it.each<[string, Partial<PlanInput>, string[]]>([
    [
      'a scoring program',
      { ingestion },
      [
        'scoring [run /app/program /app/input /app/input/res] /ws/scoring>/app/program /ws/score-output>/app/output /ws/shared>/app/shared /ws/predictions>/app/input/res /ws/reference>/app/input/ref',
      ],
    ],
    [
      'ingestion beside it',
      { ingestion, ingestionDuringScoring: true },
      [
        'scoring [run /app/ingestion_program /app/input /app/input/res] /ws/scoring>/app/program /ws/score-output>/app/output /ws/shared>/app/shared /ws/predictions>/app/input/res /ws/input-data>/app/input_data /ws/reference>/app/input/ref',
        'scoring-ingestion [ingest /app/input_data /app/ingested_program /app/shared] /ws/ingestion>/app/program /ws/ingestion-output>/app/output /ws/predictions>/app/ingested_program /ws/shared>/app/shared /ws/predictions>/app/input/res /ws/input-data>/app/input_data',
      ],
    ],
    [
      'reference data of the site',
      { hasReference: false, siteData: { reference: '/site/ref' } },
      [
        'scoring [run /app/program /app/input /app/input/res] /ws/scoring>/app/program /ws/score-output>/app/output /ws/shared>/app/shared /ws/predictions>/app/input/res /site/ref>/app/input/ref:ro',
      ],
    ],
    [
      'a fact sheet, for the scoring program alone',
      {
        ingestion,
        ingestionDuringScoring: true,
        hasFactSheet: true,
        hasInputData: false,
        hasReference: false,
      },
      [
        'scoring [run /app/ingestion_program /app/input /app/input/res] /ws/scoring>/app/program /ws/score-output>/app/output /ws/shared>/app/shared /ws/predictions>/app/input/res /ws/fact-sheet>/app/input/fact_sheet:ro',
        'scoring-ingestion [ingest /app/input_data /app/ingested_program /app/shared] /ws/ingestion>/app/program /ws/ingestion-output>/app/output /ws/predictions>/app/ingested_program /ws/shared>/app/shared /ws/predictions>/app/input/res',
      ],
    ],
    ['a program without a command', { program: { kind: 'without-command' } }, []],
  ])('%s', (_name, changes, expected) => {
    expect(table(planScoring(input(changes)))).toEqual(expected);
  });
});

it('shows reference data to the scoring program alone, and lets no other make links beside it', () => {
  for (const ingestionDuringScoring of [false, true]) {
    for (const siteData of [{}, { input: '/site/in', reference: '/site/ref' }]) {
      const plan = input({ ingestion, ingestionDuringScoring, siteData });
      for (const container of [...planPrediction(plan), ...planScoring(plan)]) {
        const seesReference = container.mounts.some(({ source }) =>
          ['/ws/reference', '/site/ref'].includes(source),
        );
        expect(seesReference).toBe(container.role === 'scoring');
        const writesScores = container.mounts.some(({ source }) => source === '/ws/score-output');
        expect(writesScores).toBe(container.role === 'scoring');
        expect(container.denyLinks).toBe(container.role === 'scoring-ingestion');
      }
    }
  }
});
