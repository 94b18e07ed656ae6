import { benchDispatch } from './dispatch.ts';
import { toMarkdown } from './report.ts';

const [what, ...flags] = process.argv.slice(2);
if (what !== 'dispatch') {
  console.error('usage: npm run bench -- dispatch [--json] [--quick]');
  process.exit(2);
}
const figures = await benchDispatch({
  quick: flags.includes('--quick'),
  progress: (line) => console.error(line),
});
console.log(flags.includes('--json') ? JSON.stringify(figures, null, 2) : toMarkdown(figures));
