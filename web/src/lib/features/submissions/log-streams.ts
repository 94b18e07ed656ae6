import type { LogStreamName } from '#lib/api/types.ts';

const names: Record<LogStreamName, string> = {
  prediction_stdout: 'Prediction output',
  prediction_stderr: 'Prediction errors',
  prediction_ingestion_stdout: 'Ingestion output',
  prediction_ingestion_stderr: 'Ingestion errors',
  scoring_stdout: 'Scoring output',
  scoring_stderr: 'Scoring errors',
  scoring_ingestion_stdout: 'Ingestion output while scoring',
  scoring_ingestion_stderr: 'Ingestion errors while scoring',
};

/** In the order in which a run writes them. */
export const logStreams = Object.keys(names) as LogStreamName[];

export function nameStream(stream: LogStreamName): string {
  return names[stream];
}
