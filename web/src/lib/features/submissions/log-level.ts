import type { Run, RunLogs } from '#lib/api/types.ts';

type Shown = Pick<RunLogs, 'level' | 'seesSiteData'>;

/** What can be read of a run's logs, in one sentence: what the competition asks for and when it comes. The site has the last word. */
export function describeLogs({ level, seesSiteData }: Shown, site: Run['site']): string {
  const who = site?.title ?? 'the site';
  switch (level) {
    case 'none':
      return `This competition asks for no logs: what the programs print stays at ${who}.`;
    case 'codes':
      return `This competition asks for codes: one sentence for each step, and none of what the programs print.${whenHeld(seesSiteData)}`;
    case 'scrubbed':
      return seesSiteData
        ? `Run next to data of ${who}: if its policy lets lines out, they are scrubbed and capped there first.${whenHeld(true)}`
        : `This competition asks for scrubbed logs: ${who} takes out what its policy names, and may let out less.`;
    case 'full':
      return `All that the programs print, as far as ${who} permits.`;
  }
}

function whenHeld(seesSiteData: boolean): string {
  return seesSiteData ? ' They come once the run is over.' : '';
}
