import { describe, expect, it } from 'vitest';
import { competitionHref, withParameter } from './addresses.ts';

describe('addresses inside a competition', () => {
  it('keep the key of a secret link, and nothing else', () => {
    const pathname = '/competitions/3';
    expect(competitionHref(3, '/submit', { pathname, search: '?secret_key=abc&phase=2' })).toBe(
      '/competitions/3/submit?secret_key=abc',
    );
    expect(competitionHref(3, '', { pathname, search: '?phase=2' })).toBe('/competitions/3');
  });

  it('stay with the peer whose competition it is', () => {
    const from = { pathname: '/peers/south/competitions/3/leaderboard', search: '' };
    expect(competitionHref(3, '/submit', from)).toBe('/peers/south/competitions/3/submit');
  });

  it('take another parameter', () => {
    expect(withParameter('/competitions/3', 'phase', 2)).toBe('/competitions/3?phase=2');
    expect(withParameter('/competitions/3?secret_key=a', 'phase', 2)).toBe(
      '/competitions/3?secret_key=a&phase=2',
    );
  });
});
