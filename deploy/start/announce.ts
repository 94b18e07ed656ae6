import { styleText } from 'node:util';
import type { DemoAccounts, LoadedCompetition } from './demo-content.ts';

/** One line of progress. */
export function say(text: string): void {
  console.log(`${styleText('cyan', '·')} ${text}`);
}

export interface Summary {
  url: string;
  engine: string;
  home: string;
  /** Without the password when the person has given it. */
  administrator: { username: string; password: string | null };
  demo: { accounts: DemoAccounts; competitions: LoadedCompetition[] } | null;
}

/** What a person needs to know once everything runs. */
export function formatSummary({ url, engine, home, administrator, demo }: Summary): string {
  const heading = (text: string): string => styleText('bold', text);
  return [
    '',
    `${heading('Weir is running:')} ${styleText(['cyan', 'underline'], url)}`,
    '',
    ...accountLines(administrator, demo?.accounts ?? null),
    '',
    ...(demo ? [heading('What to look at'), '', ...demoLines(url, demo.competitions)] : bareLines(url)),
    '',
    `Programs run with ${engine}. Everything is kept in ${home}, logs in its folder logs.`,
    'Ctrl-C stops it; the next start continues where this one ended.',
    '',
  ].join('\n');
}

function accountLines(administrator: Summary['administrator'], accounts: DemoAccounts | null): string[] {
  const rows: [string, Summary['administrator']][] = [['administrator and organizer', administrator]];
  if (accounts) {
    rows.push(['participant who fitted a model', accounts.participants.ada]);
    rows.push(['participant who counts points', accounts.participants.grace]);
  }
  const width = Math.max(...rows.map(([, { username }]) => username.length));
  return rows.map(
    ([role, { username, password }]) =>
      `  ${styleText('bold', username.padEnd(width))}  ${password ?? '(WEIR_ADMIN_PASSWORD)'}  ${role}`,
  );
}

function demoLines(url: string, competitions: LoadedCompetition[]): string[] {
  const [sites, warmUp] = competitions;
  return [
    '  1  The board of a challenge at two hospitals: each score is the mean of both',
    `     ${url}/competitions/${sites?.id}/leaderboard`,
    '  2  As ada: download the starting kit, change main.py, zip it, submit it, and',
    '     watch it run at both',
    `     ${url}/competitions/${sites?.id}/submit`,
    '  3  As ada: open her submission to the warm-up, with its log and its report',
    `     ${url}/competitions/${warmUp?.id}/submissions`,
    '  4  As the administrator: upload a bundle, manage competitions, pause a site',
    `     ${url}/manage and ${url}/status`,
  ];
}

function bareLines(url: string): string[] {
  return [
    'One local node serves the default queue. Sign in as the administrator and upload',
    `a bundle, or use the REST API below ${url}/api/ (the administrator counts as a robot).`,
  ];
}
