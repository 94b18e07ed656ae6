import { expect, test } from 'vitest';
import { Channel, differencesOf, leavesOf, Noise, tracesOf } from './counting.ts';

function channelOf(...sightings: readonly [secret: string, seen: string, charged: number][]): Channel {
  const channel = new Channel('test');
  for (const [secret, seen, charged] of sightings) channel.note({ secret, seen, charged });
  return channel;
}

test('secrets that look the same have told nothing', () => {
  const channel = channelOf(['0', 'a', 0], ['1', 'a', 0], ['2', 'a', 0]);
  expect(channel).toMatchObject({ secrets: 3, distinct: 1, measuredBits: 0, isWithinBound: true });
});

test('each different sighting counts, also of one and the same secret', () => {
  expect(channelOf(['0', 'a', 2], ['1', 'b', 2], ['1', 'c', 2], ['2', 'd', 2])).toMatchObject({
    secrets: 3,
    measuredBits: 2,
    chargedBits: 2,
    codeSum: 1,
    isWithinBound: true,
  });
});

test('what was charged too little is found: in the number of things, and in the lengths of their code words', () => {
  expect(channelOf(['0', 'a', 0.5], ['1', 'b', 9]).isWithinBound).toBe(false);
  // Two things for one bit each leave no room for a third, however dear.
  const channel = channelOf(['0', 'a', 1], ['1', 'b', 1.59], ['2', 'c', 1.59]);
  expect(channel.codeSum).toBeGreaterThan(1);
  expect(channel.isWithinBound).toBe(false);
});

test('of one thing that was charged differently the least counts', () => {
  expect(channelOf(['0', 'a', 3], ['1', 'a', 1]).codeSum).toBe(0.5);
});

test('a channel of which nothing was seen is no channel that holds', () => {
  expect(() => channelOf().measuredBits).toThrow('nothing was seen of channel "test"');
});

test.each([
  [{ a: 0 }, { a: -0 }],
  [{ a: 1 }, { a: '1' }],
  [{ a: Number.NaN }, { a: null }],
  [
    { a: 1, b: 2 },
    { b: 2, a: 1 },
  ],
  [{ a: [] }, {}],
  [{ a: new Uint8Array([1]) }, { a: new Uint8Array([1, 0]) }],
  [{ a: [1, 2] }, { a: [2, 1] }],
])('%j and %j are two things', (one, other) => {
  const text = (value: unknown) => JSON.stringify([...leavesOf(value)]);
  expect(text(one)).not.toBe(text(other));
});

test('noise is what differs between runs that tell nothing, by place and not by value', () => {
  const noise = new Noise([leavesOf({ id: 1, state: 'over' }), leavesOf({ id: 2, state: 'over' })]);
  expect(noise.places).toEqual(['.id']);
  const sighting = (value: object) => noise.sightingOf(leavesOf(value));
  expect(sighting({ id: 9, state: 'over' })).toBe(sighting({ id: 8, state: 'over' }));
  expect(sighting({ id: 9, state: 'failed' })).not.toBe(sighting({ id: 9, state: 'over' }));
  expect(sighting({ id: 9, state: 'over', more: 1 })).not.toBe(sighting({ id: 9, state: 'over' }));
  expect(() => new Noise([leavesOf({})])).toThrow('two runs');
});

test('places of which it is known that they may differ are noise, whatever the control group says', () => {
  const same = leavesOf({ version: 4, state: 'over' });
  const noise = new Noise([same, same], ['.version']);
  expect(noise.sightingOf(leavesOf({ version: 5, state: 'over' }))).toBe(noise.sightingOf(same));
});

test('it is said where sightings differ', () => {
  const noise = new Noise([leavesOf({}), leavesOf({})]);
  const sightings = [{ a: 1, b: 'x' }, { a: 1, b: 'y' }, { a: 1 }].map((value) =>
    noise.sightingOf(leavesOf(value)),
  );
  expect(differencesOf(sightings)).toEqual(['.b: string x | string y | nothing']);
});

test('that there is a moment counts, and not which one', () => {
  const at = (endedAt: string | null) => leavesOf({ endedAt });
  const noise = new Noise([at('2026-11-21T12:00:01Z'), at('2026-11-21T12:00:01Z')]);
  const sighting = (endedAt: string | null) => noise.sightingOf(at(endedAt));
  expect(sighting('2026-11-21T12:00:02.000Z')).toBe(sighting('2026-11-21T12:00:01Z'));
  expect(sighting(null)).not.toBe(sighting('2026-11-21T12:00:01Z'));
});

test('a text is found again in base64 wherever it begins, in hex and backwards', () => {
  const traces = tracesOf('patient-81723');
  const found = (bytes: string) => traces.some((trace) => bytes.includes(trace.toString()));
  for (const before of ['', 'x', 'xy', 'xyz']) {
    expect(found(Buffer.from(`${before}patient-81723 and more`).toString('base64'))).toBe(true);
  }
  expect(found(Buffer.from('patient-81723').toString('hex'))).toBe(true);
  expect(found('32718-tneitap')).toBe(true);
  expect(found('patient-81724')).toBe(false);
});
