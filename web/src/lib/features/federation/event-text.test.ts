import { expect, test } from 'vitest';
import { eventText } from './event-text.ts';

test('events are sentences that say what was decided', () => {
  expect(eventText({ kind: 'scopes_set', peer: 'south', details: { scopes: ['submit', 'list'] } })).toBe(
    'south may from now on: read the catalogue of competitions; enter submissions for them',
  );
  expect(eventText({ kind: 'peer_said', peer: 'south', details: { state: 'active', scopes: [] } })).toBe(
    'This hub may, at south: nothing',
  );
  expect(
    eventText({ kind: 'peer_said', peer: 'south', details: { state: 'paused', scopes: ['list'] } }),
  ).toBe('south has paused this hub');
});

test('an event that this portal does not know is shown all the same', () => {
  expect(eventText({ kind: 'something_new', peer: 'south', details: {} })).toBe('something new: south');
});
