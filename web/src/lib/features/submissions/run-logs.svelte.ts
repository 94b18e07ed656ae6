import { SvelteMap } from 'svelte/reactivity';
import type { Api } from '#lib/api/client.ts';
import { type Failure, toFailure } from '#lib/api/failure.ts';
import type { LogStreamName, RunLogs } from '#lib/api/types.ts';
import { LogTail } from './log-tail.ts';

export interface ShownStream {
  stream: LogStreamName;
  text: string;
  /** Earlier lines are missing: cut by the site's budget, or no longer kept on the screen. */
  cut: boolean;
}

/** Where logs are read: at this hub, or at a peer through it. */
export interface LogSource {
  read(runId: number): Promise<RunLogs>;
  follow(
    runId: number,
    lastEventId: string,
    on: (lines: { stream: LogStreamName; text: string; truncated: boolean }) => void,
  ): { unsubscribe(): void };
}

export function ownLogs(api: Api): LogSource {
  return {
    read: (runId) => api.submissions.logs.query({ runId }),
    follow: (runId, lastEventId, on) =>
      api.live.logs.subscribe({ runId, lastEventId }, { onData: ({ data }) => on(data) }),
  };
}

/** Of a submission to a peer. */
export function logsOfPeer(api: Api, id: number): LogSource {
  return {
    read: (runId) => api.participation.submissions.logs.query({ id, runId }),
    follow: (runId, lastEventId, on) =>
      api.live.peerLogs.subscribe({ id, runId, lastEventId }, { onData: ({ data }) => on(data) }),
  };
}

/**
 * The logs of one run, followed while somebody looks. The hub sends what it holds first and then what arrives; after a
 * broken connection it goes on behind the last chunk seen, so no line is shown twice.
 */
export function followLogs(source: LogSource, runId: () => number) {
  const shown = new SvelteMap<LogStreamName, ShownStream>();
  let permission = $state.raw<Pick<RunLogs, 'level' | 'seesSiteData' | 'permitted'> | null>(null);
  let failure = $state.raw<Failure | null>(null);

  // Memoized: each change of the submission brings a new object of the same run.
  const id = $derived(runId());

  $effect(() => {
    const tails = new Map<LogStreamName, LogTail>();
    let subscription: { unsubscribe(): void } | undefined;
    let left = false;
    shown.clear();
    permission = null;
    failure = null;

    function append(stream: LogStreamName, text: string, truncated: boolean): void {
      const tail = tails.get(stream) ?? new LogTail();
      tails.set(stream, tail);
      tail.append(text);
      shown.set(stream, { stream, text: tail.text, cut: truncated || tail.dropped });
    }

    async function start(): Promise<void> {
      const stored = await source.read(id);
      if (left) return;
      permission = stored;
      for (const { stream, text, truncated } of stored.streams) append(stream, text, truncated);
      if (!stored.permitted) return;
      subscription = source.follow(id, stored.nextCursor, ({ stream, text, truncated }) =>
        append(stream, text, truncated),
      );
    }

    start().catch((cause: unknown) => {
      failure = toFailure(cause);
    });
    return () => {
      left = true;
      subscription?.unsubscribe();
    };
  });

  return {
    get streams(): ShownStream[] {
      return [...shown.values()];
    },
    get permission() {
      return permission;
    },
    get failure() {
      return failure;
    },
  };
}
