import { parseArgs } from 'node:util';

/** What a stage needs of the machine besides Node. */
export type Requirement = 'bubblewrap' | 'chromium' | 'docker' | 'podman' | 'slurm';

/** A part of the tests. Commands run one after the other; those with `report` are vitest's and count their own tests. */
export interface Stage {
  name: string;
  title: string;
  needs: Requirement[];
  /** Minutes for the whole stage. */
  limit: number;
  commands: StageCommand[];
}

export type StageCommand =
  | { kind: 'check'; folder: string; program: string; args: string[] }
  | { kind: 'vitest'; folder: string; project: string };

const check = (program: string, ...args: string[]): StageCommand => ({
  kind: 'check',
  folder: '.',
  program,
  args,
});
const vitest = (folder: string, project: string): StageCommand => ({ kind: 'vitest', folder, project });

/** In the order they run: what fails fastest comes first. */
export const stages: Stage[] = [
  {
    name: 'lint',
    title: 'Format, lint and the import table',
    needs: [],
    limit: 5,
    commands: [check('biome', 'check', '.')],
  },
  {
    name: 'types',
    title: 'Types',
    needs: [],
    limit: 10,
    commands: [check('turbo', 'run', 'types', '--output-logs=errors-only')],
  },
  {
    name: 'unit',
    title: 'Unit tests',
    needs: [],
    limit: 10,
    commands: [
      vitest('proto', 'unit'),
      vitest('hub', 'unit'),
      vitest('node', 'unit'),
      vitest('web', 'unit'),
      vitest('deploy', 'unit'),
      vitest('test', 'unit'),
    ],
  },
  {
    name: 'service',
    title: 'Service tests on PostgreSQL',
    needs: [],
    limit: 15,
    commands: [vitest('hub', 'service')],
  },
  {
    name: 'engine',
    title: 'Engines: Docker, Podman, bubblewrap, Apptainer and Slurm',
    needs: ['docker', 'podman', 'bubblewrap', 'slurm'],
    limit: 15,
    commands: [vitest('node', 'engine')],
  },
  {
    name: 'scenario',
    title: 'Scenarios with real hub and node processes',
    needs: ['docker', 'bubblewrap'],
    limit: 30,
    commands: [vitest('test', 'scenario')],
  },
  {
    name: 'browser',
    title: 'Browser',
    needs: ['docker', 'bubblewrap', 'chromium'],
    limit: 15,
    commands: [
      check('turbo', 'run', 'generate', 'build', '--output-logs=errors-only'),
      vitest('test', 'browser'),
    ],
  },
];

/** Stages named in `--only unit,service`; all of them without that. @throws when an argument or a name is unknown */
export function chooseStages(args: string[]): Stage[] {
  const { only } = parseArgs({ args, options: { only: { type: 'string' } } }).values;
  if (only === undefined) return stages;
  const names = only.split(',');
  const known = stages.map((stage) => stage.name);
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined) throw new Error(`there is no stage "${wrong}"; there are ${known.join(', ')}`);
  return stages.filter((stage) => names.includes(stage.name));
}
