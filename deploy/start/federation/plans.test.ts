import { expect, test } from 'vitest';
import { readSettings } from '../settings.ts';
import { federatedSettings } from './plans.ts';

test('gives each hub a folder, ports, and a host for its cookies', () => {
  const both = federatedSettings(readSettings(['--federation'], {}, '/srv/weir'));
  expect(both).toMatchObject([
    {
      hubName: 'coast',
      home: '/srv/weir/.weir/federation/coast',
      publicUrl: 'http://127.0.0.1:8080',
      grpc: { port: 8443 },
    },
    {
      hubName: 'valley',
      home: '/srv/weir/.weir/federation/valley',
      publicUrl: 'http://localhost:8081',
      grpc: { port: 8444 },
    },
  ]);
});
