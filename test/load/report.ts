import type { DispatchFigures } from './dispatch.ts';

export function toMarkdown({ throughput, latency, memory, runs }: DispatchFigures): string {
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  return [
    '| runs in flight | durable runs per second, median | processor ms a run: hub, node, database | repetitions |',
    '| --- | --- | --- | --- |',
    ...throughput.map(
      ({ inFlight, median, repetitions, processorMs: { hub, node, database } }) =>
        `| ${inFlight} | ${Math.round(median)} | ${hub.toFixed(2)}, ${node.toFixed(2)}, ${database.toFixed(2)} | ${repetitions.map(Math.round).join(', ')} |`,
    ),
    '',
    `| at ${latency.perSecond} per second | p50 ms | p99 ms |`,
    '| --- | --- | --- |',
    `| created to node | ${latency.toNode.p50.toFixed(2)} | ${latency.toNode.p99.toFixed(2)} |`,
    `| created to result committed | ${latency.toResult.p50.toFixed(2)} | ${latency.toResult.p99.toFixed(2)} |`,
    '',
    `Memory: hub ${mebibytes(memory.hub)}, node ${mebibytes(memory.node)}. ` +
      `Of ${runs.submissions} submissions ${runs.finished} finished; ${runs.onBoard} people are on the board.`,
  ].join('\n');
}
