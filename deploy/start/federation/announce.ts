import { styleText } from 'node:util';
import type { Account, LoadedCompetition } from '../demo-content.ts';

export interface AnnouncedHub {
  name: string;
  title: string;
  url: string;
  administrator: Account;
  participant: Account;
  competition: LoadedCompetition;
  consoles: { title: string; address: string }[];
}

export interface FederationSummary {
  engine: string;
  home: string;
  /** A password that was given is known, and a secret: only one that was made here is shown. */
  isPasswordGiven: boolean;
  hubs: AnnouncedHub[];
}

/** What a person needs to know once both hubs run. */
export function formatFederation({ engine, home, isPasswordGiven, hubs }: FederationSummary): string {
  const heading = (text: string): string => styleText('bold', text);
  const [coast, valley] = hubs as [AnnouncedHub, AnnouncedHub];
  return [
    '',
    heading('Two hubs of Weir are running, and are peers:'),
    ...hubs.flatMap((hub) => ['', ...hubLines(hub, isPasswordGiven)]),
    '',
    heading('What to look at'),
    '',
    `  1  At ${coast.name}: the competitions of both hubs in one list, whoever hosts them`,
    `     ${coast.url}/`,
    `  2  As ${coast.participant.username}, signed in at ${coast.name}: join the competition of ${valley.name}, submit to it, and follow`,
    '     runs, scores and receipts, all without leaving this portal',
    `     ${coast.url}/peers/${valley.name}/competitions/${valley.competition.id}`,
    `  3  Sign in at ${valley.name} with the home hub ${coast.name}, as ${coast.participant.username}: her own hub asks her first`,
    `     what ${valley.name} may be told`,
    `     ${valley.url}/login`,
    '  4  As administrator, at both: pause the other hub, end what it may do, make a new key,',
    '     and see what the other one notices of it',
    ...hubs.map(({ url }) => `     ${url}/federation`),
    '',
    heading("The consoles of the sites' stewards"),
    '',
    ...hubs.flatMap(({ name, consoles }) =>
      consoles.flatMap(({ title, address }) => [`  ${title} (${name})`, `     ${address}`]),
    ),
    '',
    `Programs run with ${engine}. Everything is kept in ${home}/federation, a folder for each hub.`,
    'Ctrl-C stops both; the next start continues where this one ended.',
    '',
  ].join('\n');
}

function hubLines(
  { name, title, url, administrator, participant }: AnnouncedHub,
  isGiven: boolean,
): string[] {
  const accounts = [
    {
      ...administrator,
      password: isGiven ? '(WEIR_ADMIN_PASSWORD)' : administrator.password,
      role: 'administrator and organizer',
    },
    { ...participant, role: 'participant' },
  ];
  const width = Math.max(...accounts.map(({ username }) => username.length));
  return [
    `  ${styleText('bold', name)}  ${styleText(['cyan', 'underline'], url)}  ${title}`,
    ...accounts.map(
      ({ username, password, role }) =>
        `     ${styleText('bold', username.padEnd(width))}  ${password}  ${role}`,
    ),
  ];
}
