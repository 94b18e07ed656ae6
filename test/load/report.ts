import type { DispatchFigures } from './figures.ts';
import type { ReferenceName } from './references/reference.ts';

const NAMES: Readonly<Record<ReferenceName, string>> = {
  graphileWorker: 'graphile-worker',
  graphileWorkerCoalesced: 'graphile-worker, enqueues coalesced',
  plainCommits: 'three plain commits a job, no hub at all',
};

export function toMarkdown({ throughput, references, latency, memory, runs }: DispatchFigures): string {
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  const rounded = (values: number[]) => values.map(Math.round).join(', ');
  const precise = (values: number[]) => values.map((value) => value.toFixed(2)).join(', ');
  return [
    '| runs in flight | durable runs per second, median | processor ms a run: hub, node, database | repetitions |',
    '| --- | --- | --- | --- |',
    ...throughput.map(
      ({ inFlight, median, repetitions, processorMs: { hub, node, database } }) =>
        `| ${inFlight} | ${Math.round(median)} | ${precise([hub, node, database])} | ${rounded(repetitions)} |`,
    ),
    '',
    '| beside it, on the same database server | in flight | durable jobs per second, median | processor ms a job: client, database | runs per job, median | repetitions |',
    '| --- | --- | --- | --- | --- | --- |',
    ...references.map(
      ({ name, inFlight, median, processorMs: { client, database }, ratio }) =>
        `| ${NAMES[name]} | ${inFlight} | ${Math.round(median)} | ${precise([client, database])} | ${ratio.median.toFixed(2)} | ${precise(ratio.repetitions)} |`,
    ),
    '',
    `| at ${latency.perSecond} per second | p50 ms | p99 ms |`,
    '| --- | --- | --- |',
    `| created to node | ${precise([latency.toNode.p50])} | ${precise([latency.toNode.p99])} |`,
    `| created to result committed | ${precise([latency.toResult.p50])} | ${precise([latency.toResult.p99])} |`,
    '',
    `Memory: hub ${mebibytes(memory.hub)}, node ${mebibytes(memory.node)}. ` +
      `Of ${runs.submissions} submissions ${runs.finished} finished; ${runs.onBoard} people are on the board.`,
  ].join('\n');
}
