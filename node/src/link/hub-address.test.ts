import { expect, test } from 'vitest';
import { findHubAddress } from './hub-address.ts';

const HUB = 'https://weir.example.org';

test.each([
  ['/node/v1/artifacts/1?signature=x', 'https://weir.example.org/node/v1/artifacts/1?signature=x'],
  ['https://weir.example.org/a', 'https://weir.example.org/a'],
  ['https://weir.example.org:443/a', 'https://weir.example.org/a'],
])('%s is an address of the hub', (address, url) => {
  expect(findHubAddress(address, HUB)?.href).toBe(url);
});

test.each([
  'http://weir.example.org/a',
  'https://weir.example.org:8443/a',
  'https://intranet/patients.csv',
  'http://169.254.169.254/latest/meta-data',
  '//intranet/a',
  '/\\intranet/a',
  'https://weir.example.org@intranet/a',
  'https://somebody:secret@weir.example.org/a',
  'file:///etc/passwd',
  'data:text/plain,x',
  'http://[',
])('%s is not', (address) => {
  expect(findHubAddress(address, HUB)).toBeNull();
});
