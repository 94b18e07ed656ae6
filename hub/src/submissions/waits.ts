import type { waitReason } from '../dispatch/schema.ts';
import type { RunState } from './outcome.ts';

export type WaitReasonName = (typeof waitReason.enumValues)[number];

/** A run as far as waiting at its node goes. */
export interface WaitingRun {
  readonly state: RunState;
  /** As its node said. */
  readonly waitsFor: WaitReasonName | null;
  readonly waitsUntil: Date | null;
  /** Title; null for a run that any node of the queue may take. */
  readonly site: string | null;
}

/** What a run waits for at the site that has it; null when it does not wait there. */
export function waitSentence({ state, waitsFor, waitsUntil, site }: WaitingRun): string | null {
  if (state !== 'awaiting_site' && state !== 'reviewing') return null;
  const who = site ?? 'the site';
  const answered = waitsUntil ? `; answered by ${inWords(waitsUntil)} at the latest` : '';
  switch (waitsFor) {
    case 'approval':
      return `Waiting for ${who}'s approval${answered}`;
    case 'review':
      return `Awaiting site review at ${who}${answered}`;
    case 'window':
      return waitsUntil
        ? `Waiting for ${who}: it runs such work from ${inWords(waitsUntil)}`
        : `Waiting for ${who}: it runs such work at other hours`;
    case 'rate':
      return waitsUntil
        ? `Waiting for ${who}: it has run as much as it does in a day, and goes on at ${inWords(waitsUntil)}`
        : `Waiting for ${who}: it has run as much as it does in a day`;
    case null:
      return state === 'reviewing'
        ? `Waiting for ${who}: it checks what may leave`
        : `Waiting for ${who} to decide`;
    default:
      return waitsFor satisfies never;
  }
}

function inWords(moment: Date): string {
  return `${moment.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
