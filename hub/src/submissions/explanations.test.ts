import { FailureCode, RefusalCode } from '@weir/proto/node/v1';
import { expect, test } from 'vitest';
import { failureCodeName, faultOf, refusalCodeName } from '../dispatch/faults.ts';
import { explain } from './explanations.ts';

const numbers = (codes: object) =>
  Object.values(codes).filter((code) => typeof code === 'number' && code > 0);

test('every failure and refusal of the contract is explained', () => {
  for (const code of numbers(FailureCode) as FailureCode[]) {
    expect(explain(failureCodeName(code), faultOf(code))?.sentence).toMatch(/\.$/);
    expect(explain(failureCodeName(code), faultOf(code))?.sentence).not.toContain('with the code');
  }
  for (const code of numbers(RefusalCode) as RefusalCode[]) {
    expect(explain(refusalCodeName(code), 'site')?.sentence).not.toContain('with the code');
  }
});

test('only failures that are not the participant’s say that they do not count', () => {
  for (const code of numbers(FailureCode) as FailureCode[]) {
    const sentence = explain(failureCodeName(code), faultOf(code))?.sentence;
    expect([code, sentence?.includes('does not count')]).toEqual([code, faultOf(code) !== 'participant']);
  }
});

test('a code of a later version is told as it is', () => {
  expect(explain('brand_new', null)).toEqual({
    code: 'brand_new',
    fault: 'hub',
    sentence: 'The run failed with the code "brand_new". Tell the organizers.',
  });
  expect(explain('toString', null)?.sentence).toContain('"toString"');
  expect(explain(null, null)).toBeNull();
});
