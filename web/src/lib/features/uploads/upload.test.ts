import { describe, expect, it } from 'vitest';
import { refusalOf } from './upload.ts';

describe('a refused upload', () => {
  it("is explained in the hub's words", () => {
    expect(refusalOf('{"error":{"code":"not_a_zip","message":"This is no ZIP archive."}}', 400)).toBe(
      'This is no ZIP archive.',
    );
  });

  it.each(['<html>Too large</html>', '', 'null', '{"error":"no"}'])('has words of its own for %j', (body) => {
    expect(refusalOf(body, 413)).toContain('larger than');
    expect(refusalOf(body, 502)).toContain('502');
  });
});
