import { expect, test } from 'vitest';
import { formatSummary } from './announce.ts';

const started = {
  url: 'http://127.0.0.1:8080',
  engine: 'docker 28',
  home: '/srv/weir',
  consoles: [],
  demo: null,
};

test('shows a password that was made here', () => {
  const summary = formatSummary({ ...started, administrator: { username: 'admin', password: 'ab12-cd34' } });
  expect(summary).toContain('ab12-cd34');
});

test('keeps a password to itself that was given', () => {
  const summary = formatSummary({ ...started, administrator: { username: 'boss', password: null } });
  expect(summary).toContain('(WEIR_ADMIN_PASSWORD)');
});
