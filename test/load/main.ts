import { benchBoards, boardsToMarkdown } from './boards.ts';
import { benchDispatch } from './dispatch.ts';
import { benchFederation, federationToMarkdown } from './federation.ts';
import { toMarkdown } from './report.ts';

interface Options {
  readonly quick: boolean;
  readonly progress: (line: string) => void;
}

/** Figures and how a table shows them. */
const BENCHMARKS: Readonly<
  Record<string, (options: Options) => Promise<{ figures: unknown; table: string }>>
> = {
  dispatch: async (options) => {
    const figures = await benchDispatch(options);
    return { figures, table: toMarkdown(figures) };
  },
  boards: async (options) => {
    const figures = await benchBoards(options);
    return { figures, table: boardsToMarkdown(figures) };
  },
  federation: async (options) => {
    const figures = await benchFederation(options);
    return { figures, table: federationToMarkdown(figures) };
  },
};

const [what = '', ...flags] = process.argv.slice(2);
const bench = BENCHMARKS[what];
if (!bench) {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHMARKS).join('|')} [--json] [--quick]`);
  process.exit(2);
}
const { figures, table } = await bench({
  quick: flags.includes('--quick'),
  progress: (line) => console.error(line),
});
console.log(flags.includes('--json') ? JSON.stringify(figures, null, 2) : table);
