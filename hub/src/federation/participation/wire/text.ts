import { z } from 'zod';
import { plain } from '../../catalogue/descriptor.ts';

/** Text of a peer: bounded, and nothing in it that cannot be seen or that turns its direction around. */
export const prose = (most: number) => z.string().max(most).transform(plain);

/** The same, in one line. */
export const line = (most: number) => prose(most).transform((text) => text.replace(/\s+/g, ' '));

/** Of a page: it is rendered anew here before anybody sees it. */
export const markup = z.string().max(1024 ** 2);

/** Codes, keys and digits, as they are used in addresses and forms. */
export const word = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[^\p{C}\p{Z}]*$/u);

export const moment = z.iso
  .datetime()
  .max(40)
  .refine((text) => text >= '1970', 'is a time of this age');

export const id = z.int().min(1).max(Number.MAX_SAFE_INTEGER);
export const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
