import { type Content, Html, html } from './html.ts';
import type { ConsolePerson } from './persons.ts';

export interface Frame {
  readonly title: string;
  /** The path of the navigation's entry that this page belongs to. */
  readonly path: string;
  readonly person: ConsolePerson;
  readonly node: string;
  /** Questions that wait for people. */
  readonly waiting: number;
  readonly notice: string | null;
  /** Whether the page brings itself up to date. */
  readonly isLive?: boolean;
}

interface Entry {
  readonly path: string;
  readonly title: string;
  readonly forReviewers: boolean;
}

const NAVIGATION: readonly Entry[] = [
  { path: '/', title: 'Overview', forReviewers: false },
  { path: '/runs', title: 'Runs', forReviewers: false },
  { path: '/reviews', title: 'Reviews', forReviewers: true },
  { path: '/ledger', title: 'Ledger', forReviewers: false },
  { path: '/datasets', title: 'Datasets', forReviewers: false },
  { path: '/budgets', title: 'Budgets', forReviewers: false },
  { path: '/policy', title: 'Policy', forReviewers: false },
  { path: '/help', title: 'Help', forReviewers: true },
];

/** A page of somebody who is signed in. */
export function page(frame: Frame, ...content: readonly Content[]): string {
  const { title, path, person, node, waiting, notice, isLive } = frame;
  const entries = NAVIGATION.filter(({ forReviewers }) => forReviewers || person.role === 'steward');
  const body = html`
    <a class="skip" href="#content">Skip to the content</a>
    <header>
      <p class="brand"><strong>${node}</strong> <span>Weir node console</span></p>
      <nav aria-label="Pages">
        ${entries.map(
          (entry) =>
            html`<a href="${entry.path}"${entry.path === path && new Html(' aria-current="page"')}>${
              entry.title
            }${entry.path === '/reviews' && waiting > 0 && html` <b class="count" aria-label="${waiting} waiting">${waiting}</b>`}</a>`,
        )}
      </nav>
      <form method="post" action="/logout" class="who"><span>${person.name}, ${person.organization}</span> <button class="quiet">Sign out</button></form>
    </header>
    <main id="content"${isLive && new Html(' data-live')}>
      ${notice !== null && html`<p class="notice" role="status">${notice}</p>`}
      <h1>${title}</h1>
      ${content}
    </main>`;
  return bare(title, body);
}

/** A page of nobody in particular. */
export function bare(title: string, body: Content): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Weir node</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/console.css">
<script src="/assets/console.js" defer></script>
</head>
<body>${body}</body>
</html>`.markup;
}
