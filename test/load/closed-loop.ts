export interface Throughput<Part extends string> {
  readonly perSecond: number;
  /** Milliseconds on the processor for each: unlike the rate, hardly touched by what else the machine does. */
  readonly processorMs: Readonly<Record<Part, number>>;
}

type Meters<Part extends string> = Readonly<Record<Part, () => number | Promise<number>>>;

/**
 * Keeps `inFlight` of something under way for a while: each lane begins the next when its last one is over.
 *
 * @param settle waits for what is not over when the lanes are, and counts too
 */
export async function closedLoop<Part extends string>(
  { inFlight, seconds }: { inFlight: number; seconds: number },
  meters: Meters<Part>,
  one: (lane: number) => Promise<unknown>,
  settle: () => Promise<unknown> = async () => {},
): Promise<Throughput<Part>> {
  const started = performance.now();
  const until = started + seconds * 1000;
  let done = 0;
  const lane = async (index: number) => {
    while (performance.now() < until) {
      await one(index);
      done++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, index) => lane(index)));
  await settle();
  const perSecond = done / ((performance.now() - started) / 1000);
  const processorMs: Partial<Record<Part, number>> = {};
  for (const part of Object.keys(meters) as Part[]) processorMs[part] = (await meters[part]()) / done;
  return { perSecond, processorMs: processorMs as Record<Part, number> };
}
