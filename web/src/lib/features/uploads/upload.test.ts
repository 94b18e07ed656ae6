import { describe, expect, it } from 'vitest';
import { refusalOf, requireZip } from './upload.ts';

describe('a chosen file', () => {
  it('has to be a ZIP archive, whatever its name', async () => {
    await expect(requireZip(new Blob(['PK\u0003\u0004…']))).resolves.toBeUndefined();
    await expect(requireZip(new Blob(['PK\u0005\u0006']))).resolves.toBeUndefined();
    for (const content of ['hello', 'P', '']) {
      await expect(requireZip(new Blob([content]))).rejects.toThrow('not a ZIP archive');
    }
  });
});

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
