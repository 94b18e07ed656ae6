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
  /** One for each node; the addresses work once. */
  consoles: { title: string; address: string }[];
  demo: { accounts: DemoAccounts; competitions: LoadedCompetition[] } | null;
}

/** What a person needs to know once everything runs. */
export function formatSummary({ url, engine, home, administrator, consoles, demo }: Summary): string {
  const heading = (text: string): string => styleText('bold', text);
  return [
    '',
    `${heading('Weir is running:')} ${styleText(['cyan', 'underline'], url)}`,
    '',
    ...accountLines(administrator, demo?.accounts ?? null),
    '',
    ...(demo ? [heading('What to look at'), '', ...demoLines(url, demo.competitions)] : bareLines(url)),
    '',
    heading(
      consoles.length > 1 ? "The consoles of the sites' stewards" : "The console of the site's steward",
    ),
    '',
    ...consoles.flatMap(({ title, address }) => [`  ${title}`, `     ${address}`]),
    '  Each address works once. A new one:',
    `     npx weir-node console address --home ${home}/nodes/${demo ? 'south' : 'local'}`,
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
  const [sites, warmUp, intensiveCare] = competitions;
  return [
    '  1  The board of a challenge at two hospitals: each score is the mean of both.',
    '     "Verify" in a row checks the receipts of both sites in your browser',
    `     ${url}/competitions/${sites?.id}/leaderboard`,
    '  2  As ada: download the starting kit, change main.py, zip it, rehearse it on',
    '     made-up patients, then submit it and watch it run at both',
    `     ${url}/competitions/${sites?.id}/submit`,
    '  3  As ada: open her submission to the warm-up, with its log and its report',
    `     ${url}/competitions/${warmUp?.id}/submissions`,
    '  4  As ada: a submission whose scores wait until a person at the hospital has',
    '     looked at them. You are that person: open "Reviews" in the console of',
    '     South District Hospital, below, and decide',
    `     ${url}/competitions/${intensiveCare?.id}/submissions`,
    '  5  As the administrator: upload a bundle, manage competitions, look after sites',
    `     ${url}/manage and ${url}/status`,
  ];
}

function bareLines(url: string): string[] {
  return [
    'One local node serves the default queue. Sign in as the administrator and upload',
    `a bundle, or use the REST API below ${url}/api/ (the administrator counts as a robot).`,
  ];
}
