import { expect, test } from 'vitest';
import { readSettings } from './settings.ts';

test('needs nothing said', () => {
  expect(readSettings([], {}, '/srv/weir')).toEqual({
    bare: false,
    federation: false,
    hubName: null,
    home: '/srv/weir/.weir',
    http: { host: '127.0.0.1', port: 8080 },
    grpc: { host: '127.0.0.1', port: 8443 },
    publicUrl: 'http://127.0.0.1:8080',
    administrator: { username: 'admin', password: null },
  });
});

test('takes what the environment says', () => {
  const settings = readSettings(
    ['--bare'],
    {
      WEIR_HOME: '/var/weir',
      WEIR_HTTP: '[::]:80',
      WEIR_ADMIN_USERNAME: 'root',
      WEIR_ADMIN_PASSWORD: 'secret',
    },
    '/srv/weir',
  );
  expect(settings).toMatchObject({
    bare: true,
    home: '/var/weir',
    http: { host: '::', port: 80 },
    publicUrl: 'http://127.0.0.1:80',
    administrator: { username: 'root', password: 'secret' },
  });
});

test.each(['8080', '127.0.0.1:0', '127.0.0.1:70000', 'a b:1'])('refuses to listen on %s', (address) => {
  expect(() => readSettings([], { WEIR_HTTP: address }, '/')).toThrow('WEIR_HTTP is HOST:PORT');
});

test('names an argument it does not know', () => {
  expect(() => readSettings(['--bear'], {}, '/')).toThrow('Unknown argument --bear');
});

test('starts two hubs only where each can have a place of its own', () => {
  expect(readSettings(['--federation'], {}, '/')).toMatchObject({ federation: true });
  expect(() => readSettings(['--federation', '--bare'], {}, '/')).toThrow('Either --bare or --federation');
  expect(() => readSettings(['--federation'], { DATABASE_URL: 'postgres://db/weir' }, '/')).toThrow(
    'unset DATABASE_URL',
  );
});
