import { z } from 'zod';

const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  K: 1000,
  M: 1000 ** 2,
  G: 1000 ** 3,
  T: 1000 ** 4,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `8Gi`, `8GiB`, `500M` or a plain number of bytes. */
export const byteCount = z.union([z.number(), z.string()]).transform((value, context) => {
  const match = /^\s*(\d{1,16}(?:\.\d{1,6})?)\s*([KMGT]i?)?B?\s*$/.exec(String(value));
  if (!match) {
    context.addIssue({ code: 'custom', message: 'not a size; write it like 8GiB, 500MB or 1073741824' });
    return z.NEVER;
  }
  return Math.floor(Number(match[1]) * (BYTES[match[2] ?? ''] ?? 1));
});

/** `90s`, `10m`, `12h` or `7d`; in seconds. */
export const duration = z
  .string({ error: 'not a time; write it like 90s, 10m, 12h or 7d' })
  .transform((text, context) => {
    const match = /^\s*(\d{1,9})\s*([smhd])\s*$/.exec(text);
    if (!match) {
      context.addIssue({ code: 'custom', message: 'not a time; write it like 90s, 10m, 12h or 7d' });
      return z.NEVER;
    }
    return Number(match[1]) * (SECONDS[match[2] ?? ''] ?? 1);
  });
