import { describe, expect, it } from 'vitest';
import { idFrom, oneOf, present, withFilters } from './query-string.ts';

describe('filters in the address bar', () => {
  it('adds, changes and removes filters', () => {
    const url = { pathname: '/', search: '?search=sepsis&state=open' };
    expect(withFilters(url, { state: 'closed' })).toBe('/?search=sepsis&state=closed');
    expect(withFilters(url, { state: 'all', search: '' })).toBe('/');
  });

  it('goes back to the first page when a filter changes', () => {
    expect(withFilters({ pathname: '/', search: '?cursor=abc' }, { type: 'benchmark' })).toBe(
      '/?type=benchmark',
    );
  });

  it('escapes what people type', () => {
    expect(withFilters({ pathname: '/', search: '' }, { search: 'a&b=c' })).toBe('/?search=a%26b%3Dc');
  });

  it('ignores values that are not allowed', () => {
    const params = new URLSearchParams('state=purple&phase=-4&task=7');
    expect(oneOf(params, 'state', ['open', 'closed'])).toBeUndefined();
    expect(idFrom(params, 'phase')).toBeUndefined();
    expect(idFrom(params, 'task')).toBe(7);
  });

  it('leaves absent inputs out', () => {
    expect(present({ search: '', phaseId: undefined, limit: 20 })).toEqual({ limit: 20 });
  });
});
