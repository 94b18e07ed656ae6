/**
 * Counts what leaves. The red team hides a secret in the data, an attack encodes it, and everything that reaches the hub is written down as one
 * string, a sighting. Two secrets that look the same cannot be told apart, so that with n different sightings at most log2(n) bits have left.
 */
export interface Sighting {
  readonly secret: string;
  /** All that the hub has of the run, without what differs from run to run anyhow: see `Noise`. */
  readonly seen: string;
  /** What the node's ledger charged for the run. */
  readonly charged: number;
}

/** One way out, as far as it was tried. */
export class Channel {
  readonly name: string;
  readonly #sightings: Sighting[] = [];

  constructor(name: string) {
    this.name = name;
  }

  note(sighting: Sighting): void {
    this.#sightings.push(sighting);
  }

  get secrets(): number {
    return new Set(this.#sightings.map(({ secret }) => secret)).size;
  }

  get distinct(): number {
    return this.sightings.length;
  }

  /** The different things that were seen. */
  get sightings(): readonly string[] {
    return [...new Set(this.#sightings.map(({ seen }) => seen))];
  }

  /** Bits that an observer can have learnt at most from the runs seen. Without a sighting nothing was measured. */
  get measuredBits(): number {
    if (this.#sightings.length === 0) throw new Error(`nothing was seen of channel "${this.name}"`);
    return Math.log2(this.distinct);
  }

  /** The least that any of its runs was charged. */
  get chargedBits(): number {
    return Math.min(...this.#sightings.map(({ charged }) => charged));
  }

  /**
   * The sum of 2^-charge over the different sightings, each at the least that was charged for it. Charges are lengths of code words, and so a
   * bound for any sequence of runs, only as long as this does not exceed 1 (Kraft's inequality).
   */
  get codeSum(): number {
    const charges = new Map<string, number>();
    for (const { seen, charged } of this.#sightings) {
      charges.set(seen, Math.min(charged, charges.get(seen) ?? Number.POSITIVE_INFINITY));
    }
    return [...charges.values()].reduce((sum, charge) => sum + 2 ** -charge, 0);
  }

  get isWithinBound(): boolean {
    return this.measuredBits <= this.chargedBits && this.codeSum <= 1;
  }
}

/** Where a value lies in what was collected, and the value itself, both as text. */
export type Leaves = ReadonlyMap<string, string>;

/**
 * The leaves of a value. Their order is kept, since an order can tell something; so are -0, NaN, and bytes as they are.
 */
export function leavesOf(value: unknown): Leaves {
  const leaves = new Map<string, string>();
  const walk = (place: string, each: unknown): void => {
    if (each instanceof Uint8Array) leaves.set(place, `bytes ${Buffer.from(each).toString('base64')}`);
    else if (each instanceof Date) leaves.set(place, each.toISOString());
    else if (Array.isArray(each)) {
      leaves.set(`${place}.length`, String(each.length));
      each.forEach((item, index) => {
        walk(`${place}[${index}]`, item);
      });
    } else if (typeof each === 'object' && each !== null) {
      for (const [key, item] of Object.entries(each)) walk(`${place}.${key}`, item);
    } else leaves.set(place, Object.is(each, -0) ? '-0' : `${typeof each} ${String(each)}`);
  };
  walk('', value);
  return leaves;
}

/** How moments look in what is collected. */
const MOMENT = /^(?:string )?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;

/**
 * What differs from run to run although nobody encodes anything: identifiers and signatures. Learnt from a control group of runs of one and the
 * same honest submission; a place whose value differs among them is left out of sightings. So are places of which it is known that they may differ,
 * though they are the same by chance in many a control group, and all moments: they are measured by themselves.
 */
export class Noise {
  readonly #places: Set<string>;

  constructor(controls: readonly Leaves[], known: readonly string[] = []) {
    this.#places = new Set(known);
    const [first, ...others] = controls;
    if (first === undefined || others.length === 0) throw new Error('a control group has two runs at least');
    const places = new Set(controls.flatMap((leaves) => [...leaves.keys()]));
    for (const place of places) {
      if (others.some((leaves) => leaves.get(place) !== first.get(place))) this.#places.add(place);
    }
  }

  get places(): readonly string[] {
    return [...this.#places].sort();
  }

  sightingOf(leaves: Leaves): string {
    const told = [...leaves].filter(([place]) => !this.#places.has(place));
    return JSON.stringify(told.map(([place, value]) => [place, MOMENT.test(value) ? 'a moment' : value]));
  }
}

/** Where sightings of `Noise.sightingOf` differ, with what is there: by which way something has left. */
export function differencesOf(sightings: readonly string[]): readonly string[] {
  const all = sightings.map((sighting) => new Map<string, string>(JSON.parse(sighting)));
  const places = new Set(all.flatMap((told) => [...told.keys()]));
  return [...places].flatMap((place) => {
    const values = [...new Set(all.map((told) => told.get(place) ?? 'nothing'))];
    return values.length > 1 ? [`${place}: ${values.join(' | ')}`] : [];
  });
}

/** Ways in which a text may be hidden among bytes that are only copied about. */
export function tracesOf(text: string): readonly Buffer[] {
  const bytes = Buffer.from(text);
  // Base64 of the same bytes differs with where they begin; the first and last characters of each depend on the neighbours.
  const base64 = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const forms = [text, [...text].reverse().join(''), bytes.toString('hex'), ...base64];
  return forms.map((form) => Buffer.from(form));
}
