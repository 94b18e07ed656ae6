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

const BAD_SIZE = 'write a size like 8GiB, 500MB or 1073741824';
const BAD_TIME = 'write a time like 90s, 10m, 12h or 7d';

/** `8Gi`, `8GiB`, `500M` or a plain number of bytes. */
export const byteCount = z.union([z.number(), z.string()], BAD_SIZE).transform((value, context) => {
  const match = /^\s*(\d{1,16}(?:\.\d{1,6})?)\s*([KMGT]i?)?B?\s*$/.exec(String(value));
  if (!match) {
    context.addIssue({ code: 'custom', message: BAD_SIZE });
    return z.NEVER;
  }
  return Math.floor(Number(match[1]) * (BYTES[match[2] ?? ''] ?? 1));
});

/** `90s`, `10m`, `12h` or `7d`; in seconds. */
export const duration = z.string(BAD_TIME).transform((text, context) => {
  const match = /^\s*(\d{1,9})\s*([smhd])\s*$/.exec(text);
  if (!match) {
    context.addIssue({ code: 'custom', message: BAD_TIME });
    return z.NEVER;
  }
  return Number(match[1]) * (SECONDS[match[2] ?? ''] ?? 1);
});
