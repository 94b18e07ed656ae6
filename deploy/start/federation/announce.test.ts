import { expect, test } from 'vitest';
import { formatFederation } from './announce.ts';

const hub = (name: string, url: string) => ({
  name,
  title: 'A hub',
  url,
  administrator: { username: 'admin', password: `secret of ${name}` },
  participant: { username: 'ada', password: 'ab12-cd34' },
  competition: { id: 7, title: 'Sepsis', isReviewed: false, submissions: [] },
  consoles: [],
});
const started = {
  engine: 'docker 28',
  home: '/srv/weir',
  hubs: [hub('coast', 'http://127.0.0.1:8080'), hub('valley', 'http://localhost:8081')],
};

test('leads from one hub to what the other has', () => {
  const summary = formatFederation({ ...started, isPasswordGiven: false });
  expect(summary).toContain('http://127.0.0.1:8080/peers/valley/competitions/7');
  expect(summary).toContain('secret of valley');
});

test('keeps a password to itself that was given', () => {
  const summary = formatFederation({ ...started, isPasswordGiven: true });
  expect(summary).not.toContain('secret of');
  expect(summary).toContain('(WEIR_ADMIN_PASSWORD)');
});
