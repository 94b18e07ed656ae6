import type { HubContext } from '../context/context.ts';
import { DomainError } from '../http/domain-error.ts';
import { toTrpcError } from '../trpc/error-formatter.ts';
import type { LiveBus } from './bus.ts';

/**
 * Runs a stream of events for one client: until its connection ends, or the hub is about to wait for its connections to end. What a look throws
 * does not pass the procedures' own mapper of errors, so it is mapped here.
 */
export async function* forClient<Event>(
  { live, stopping }: Pick<HubContext, 'live' | 'stopping'>,
  signal: AbortSignal | undefined,
  events: (source: { live: LiveBus; signal: AbortSignal }) => AsyncGenerator<Event>,
): AsyncGenerator<Event> {
  try {
    yield* events({ live, signal: signal ? AbortSignal.any([signal, stopping]) : stopping });
    // An end would tell the client that there is nothing more to come; broken off, it comes back, here or to another hub process.
    if (stopping.aborted) throw new DOMException('the hub is stopping', 'AbortError');
  } catch (error) {
    throw error instanceof DomainError ? toTrpcError(error) : error;
  }
}
