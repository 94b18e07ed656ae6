import { expect, test } from 'vitest';
import { type WaitingRun, waitSentence } from './waits.ts';

const at = new Date('2026-11-21T18:00:00Z');
const run = (changes: Partial<WaitingRun>): WaitingRun => ({
  state: 'awaiting_site',
  waitsFor: null,
  waitsUntil: null,
  site: 'North Hospital',
  ...changes,
});

test.each<[Partial<WaitingRun>, string | null]>([
  [{ state: 'queued', waitsFor: 'approval' }, null],
  [{ state: 'predicting', waitsFor: 'window' }, null],
  [{ waitsFor: 'approval' }, "Waiting for North Hospital's approval"],
  [
    { state: 'reviewing', waitsFor: 'review', waitsUntil: at },
    'Awaiting site review at North Hospital; answered by 2026-11-21 18:00 UTC at the latest',
  ],
  [
    { waitsFor: 'window', waitsUntil: at },
    'Waiting for North Hospital: it runs such work from 2026-11-21 18:00 UTC',
  ],
  [{ waitsFor: 'window' }, 'Waiting for North Hospital: it runs such work at other hours'],
  [{ waitsFor: 'rate' }, 'Waiting for North Hospital: it has run as much as it does in a day'],
  [{ state: 'reviewing' }, 'Waiting for North Hospital: it checks what may leave'],
  [{ site: null }, 'Waiting for the site to decide'],
])('%o', (changes, sentence) => {
  expect(waitSentence(run(changes))).toBe(sentence);
});
