import { stripVTControlCharacters, styleText } from 'node:util';
import type { Account, DemoAccounts, LoadedCompetition } from './demo-content.ts';

/** One line of progress. */
export function say(text: string): void {
  console.log(`${styleText('cyan', '·')} ${text}`);
}

export interface Summary {
  url: string;
  engine: string;
  home: string;
  administrator: Account;
  demo: { accounts: DemoAccounts; competitions: LoadedCompetition[] } | null;
}

/** What a person needs to know once everything runs. */
export function formatSummary({ url, engine, home, administrator, demo }: Summary): string {
  const heading = (text: string): string => styleText('bold', text);
  const lines = [
    heading('Weir is running'),
    '',
    `  ${styleText(['cyan', 'underline'], url)}`,
    '',
    ...accountLines(administrator, demo?.accounts ?? null),
    '',
    ...(demo ? [heading('What to look at'), '', ...demoLines(url, demo.competitions)] : bareLines(url)),
    '',
    `Engine: ${engine}. Everything is kept in ${home}; logs are in ${home}/logs.`,
    'Ctrl-C stops it; the next start continues where this one ended.',
  ];
  return frame(lines);
}

function accountLines(administrator: Account, accounts: DemoAccounts | null): string[] {
  const rows: [string, Account][] = [['administrator and organizer', administrator]];
  if (accounts) {
    rows.push(['participant, fitted a model', accounts.participants.ada]);
    rows.push(['participant, counts points', accounts.participants.grace]);
  }
  const width = Math.max(...rows.map(([, { username }]) => username.length));
  return rows.map(
    ([role, { username, password }]) =>
      `  ${styleText('bold', username.padEnd(width))}  ${password}   ${role}`,
  );
}

function demoLines(url: string, competitions: LoadedCompetition[]): string[] {
  const [sites, warmUp] = competitions;
  return [
    `  1  ${sites?.title}: each score on the board is a mean of north and south`,
    `     ${url}/competitions/${sites?.id}/leaderboard`,
    `  2  ${warmUp?.title}: sign in as ada and open her submission for its report`,
    `     ${url}/competitions/${warmUp?.id}/submissions`,
    '  3  As ada, download the starting kit, change main.py, submit it, and watch it run at both sites',
    `     ${url}/competitions/${sites?.id}/submit`,
    '  4  As the administrator, upload a bundle and look after the competitions, the sites and the queue',
    `     ${url}/manage  ${url}/status`,
  ];
}

function bareLines(url: string): string[] {
  return [
    '  One local node serves the default queue. Sign in as the administrator and upload a bundle,',
    `  or use the REST API below ${url}/api/ as the administrator, who counts as a robot account.`,
  ];
}

function frame(lines: string[]): string {
  const width = Math.max(...lines.map((line) => stripVTControlCharacters(line).length));
  const edge = '─'.repeat(width + 4);
  const rows = lines.map((line) => {
    const padding = ' '.repeat(width - stripVTControlCharacters(line).length);
    return `│  ${line}${padding}  │`;
  });
  return ['', `┌${edge}┐`, ...rows, `└${edge}┘`, ''].join('\n');
}
