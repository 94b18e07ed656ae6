import { describe, expect, it } from 'vitest';
import { LogTail } from './log-tail.ts';

describe('log tail', () => {
  it('joins chunks that end in the middle of a line', () => {
    const tail = new LogTail();
    tail.append('epoch 1 lo');
    tail.append('ss 0.5\n');
    expect(tail.text).toBe('epoch 1 loss 0.5\n');
    expect(tail.dropped).toBe(false);
  });

  it('drops the oldest whole lines beyond its limit', () => {
    const tail = new LogTail(10);
    tail.append('first\nsecond\nthird\n');
    expect(tail.text).toBe('third\n');
    expect(tail.dropped).toBe(true);
  });

  it('keeps the end of a line longer than the limit', () => {
    const tail = new LogTail(4);
    tail.append('abcdefgh');
    expect(tail.text).toBe('efgh');
  });

  it('stays bounded under endless output', () => {
    const tail = new LogTail(1000);
    for (let line = 0; line < 10_000; line += 1) tail.append(`line ${line}\n`);
    expect(tail.text.length).toBeLessThanOrEqual(1000);
    expect(tail.text.endsWith('line 9999\n')).toBe(true);
  });
});
