import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { OutputSlot } from '@weir/proto/node/v1';
import { Backoff, pause } from '../link/backoff.ts';
import { findHubAddress } from '../link/hub-address.ts';
import type { Logger } from '../logging/logger.ts';

const MAX_TRIES = 4;
const TRY_TIMEOUT_MS = 5 * 60_000;

export interface OutputDelivery {
  readonly slot: OutputSlot;
  /** The file to deliver. */
  readonly path: string;
  readonly contentType: string;
}

/**
 * Puts a file that the competition keeps besides scores where the hub wants it. Best effort: the scores do not depend on it, so it is
 * tried a few times and then given up. Never rejects, except when the signal aborts.
 */
export async function deliverOutput(
  { slot, path, contentType }: OutputDelivery,
  { hubUrl, logger, signal }: { hubUrl: string; logger: Logger; signal: AbortSignal },
): Promise<boolean> {
  const url = findHubAddress(slot.url, hubUrl);
  if (url === null) {
    logger.warn(
      { kind: slot.kind },
      'the place that the hub names for an output is not at the hub; left out',
    );
    return false;
  }
  const { size } = await stat(path);
  if (BigInt(size) > slot.maxBytes) {
    logger.warn(
      { kind: slot.kind, size, maxBytes: slot.maxBytes },
      'an output is too large for the hub; left out',
    );
    return false;
  }
  const backoff = new Backoff({ firstMs: 500, maxMs: 5_000 });
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    signal.throwIfAborted();
    const failure = await put(url, path, size, contentType, signal);
    if (failure === null) return true;
    logger.warn({ kind: slot.kind, problem: failure.problem, tries }, 'an output could not be delivered');
    if (failure.final) return false;
    if (tries < MAX_TRIES) await pause(backoff.next(), signal);
  }
  return false;
}

interface DeliveryFailure {
  readonly problem: string;
  readonly final: boolean;
}

async function put(
  url: URL,
  path: string,
  size: number,
  contentType: string,
  signal: AbortSignal,
): Promise<DeliveryFailure | null> {
  try {
    const response = await fetch(url, {
      method: 'PUT',
      headers: { 'content-length': String(size), 'content-type': contentType },
      body: Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>,
      duplex: 'half',
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TRY_TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    if (response.ok) return null;
    const { status } = response;
    // The hub has looked at it and does not want it, now or later; or it wants it elsewhere, where nothing goes.
    const final = status >= 300 && status < 500 && status !== 408 && status !== 429;
    return { problem: `the hub answered ${status}`, final };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error), final: false };
  }
}
