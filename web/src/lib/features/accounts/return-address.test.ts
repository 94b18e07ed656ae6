import { describe, expect, it } from 'vitest';
import { loginHref, toReturnAddress } from './return-address.ts';

describe('return address after signing in', () => {
  it('comes back to the page with its filters', () => {
    const href = loginHref({ pathname: '/competitions/1/submit', search: '?phase=2' });
    expect(toReturnAddress(new URL(href, 'http://weir').searchParams.get('next'))).toBe(
      '/competitions/1/submit?phase=2',
    );
  });

  it.each([null, '', 'https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)'])(
    'does not leave the portal for %j',
    (next) => {
      expect(toReturnAddress(next)).toBe('/');
    },
  );
});
