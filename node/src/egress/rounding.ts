/** A decimal number, exactly: `digits` × 10^-`places`. */
export interface Decimal {
  readonly digits: bigint;
  readonly places: number;
}

/** `nearest` rounds half away from zero, as people do. */
export type Rounding = 'nearest' | 'down' | 'up';

/**
 * The shortest decimal number that reads back as `value`: what a program meant when it wrote it. Rounding its digits gives 1.01 for 1.005,
 * where arithmetic on doubles gives 1. Finite numbers only.
 */
export function toDecimal(value: number): Decimal {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  if (!match) throw new RangeError(`${value} is not a finite number`);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = BigInt(`${sign}${whole}${fraction}`);
  const places = fraction.length - Number(exponent);
  return places >= 0 ? { digits, places } : { digits: digits * 10n ** BigInt(-places), places: 0 };
}

/** The number with `places` digits after the point. */
export function round({ digits, places }: Decimal, to: number, rounding: Rounding = 'nearest'): Decimal {
  if (places <= to) return { digits: digits * 10n ** BigInt(to - places), places: to };
  const step = 10n ** BigInt(places - to);
  const cut = digits / step;
  const rest = digits % step;
  return { digits: cut + carry(rest, step, rounding), places: to };
}

/** What rounding adds to a quotient that was cut towards zero. */
function carry(rest: bigint, step: bigint, rounding: Rounding): bigint {
  switch (rounding) {
    case 'nearest':
      if (2n * rest >= step) return 1n;
      return -2n * rest >= step ? -1n : 0n;
    case 'down':
      return rest < 0n ? -1n : 0n;
    case 'up':
      return rest > 0n ? 1n : 0n;
    default:
      return rounding satisfies never;
  }
}

/** The double next to it. Never -0: a sign on nothing is a bit. */
export function toNumber({ digits, places }: Decimal): number {
  return digits === 0n ? 0 : Number(`${digits}e-${places}`);
}
