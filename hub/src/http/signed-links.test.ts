import { expect, test } from 'vitest';
import { createSignedLinks } from './signed-links.ts';

const key = Buffer.alloc(32, 7);
const links = createSignedLinks(key);

test('a signed address names its user, for its path and method alone', () => {
  const link = links.sign('PUT', '/uploads/one', 12);
  expect(links.verify('PUT', link)).toBe(12);
  expect(links.verify('GET', link)).toBeNull();
  expect(links.verify('PUT', link.replace('one', 'two'))).toBeNull();
  expect(links.verify('PUT', link.replace('user=12', 'user=1'))).toBeNull();
  expect(links.verify('PUT', link.replace(/expires=\d/, 'expires=9'))).toBeNull();
  expect(links.verify('PUT', '/uploads/one')).toBeNull();
  expect(createSignedLinks(Buffer.alloc(32, 8)).verify('PUT', link)).toBeNull();
});

test('it expires', () => {
  let now = 1_000_000;
  const clocked = createSignedLinks(key, { lifetimeSeconds: 60, now: () => now });
  const link = clocked.sign('GET', '/files/resources/one', 1);
  now += 59_000;
  expect(clocked.verify('GET', link)).toBe(1);
  now += 2_000;
  expect(clocked.verify('GET', link)).toBeNull();
});
