import type { Actor } from '../accounts/access.ts';
import type { Download } from '../competitions/service.ts';
import type { Queries } from '../db/database.ts';
import { FileMissingError } from './errors.ts';
import type { ReachedSubmission, SubmissionGate } from './gate.ts';
import { findArchive, findRuns, isOnBoard, type RunRow } from './store.ts';

export const FILE_KINDS = ['submission', 'prediction_result', 'scoring_result', 'detailed_result'] as const;
export type FileKind = (typeof FILE_KINDS)[number];

export interface SubmissionFile {
  readonly kind: FileKind;
  readonly name: string;
  readonly url: string;
}

type Output = Exclude<FileKind, 'submission'>;
const OUTPUTS: readonly Output[] = ['prediction_result', 'scoring_result', 'detailed_result'];

/** What a phase hides, it hides from everybody but organizers. */
function maySeeOutput(
  { access, isOwner, phase, competition, submission }: ReachedSubmission,
  kind: Output,
): boolean {
  if (access.canManage) return true;
  // What comes of synthetic data is no secret: seeing all of it is what a rehearsal is for.
  if (isOwner && submission.isRehearsal) return true;
  if (!isOwner || phase.hideOutput) return false;
  switch (kind) {
    case 'prediction_result':
      return !phase.hidePredictionOutput;
    case 'scoring_result':
      return !phase.hideScoreOutput;
    case 'detailed_result':
      return competition.enableDetailedResults && competition.showDetailedResultsInSubmissionPanel;
    default:
      return kind satisfies never;
  }
}

/** Whoever sees the board sees the reports of what is on it, where organizers show them there. */
async function mayOpenFromBoard(
  queries: Queries,
  { access, phase, competition, submission }: ReachedSubmission,
): Promise<boolean> {
  const isShown =
    access.canView &&
    competition.enableDetailedResults &&
    competition.showDetailedResultsInLeaderboard &&
    !phase.hideOutput;
  return isShown && isOnBoard(queries, submission.parentId ?? submission.id);
}

export interface SubmissionFiles {
  /** Of a leaf, or of a submission with several tasks: then only what was submitted. */
  list(reached: ReachedSubmission): Promise<SubmissionFile[]>;
  /** @throws SubmissionMissingError | FileMissingError */
  fileFor(actor: Actor, submissionId: number, kind: string): Promise<Download>;
  /** The detailed results of a run, an HTML page of the organizers' making. @throws SubmissionMissingError | FileMissingError */
  reportFor(actor: Actor, runId: number): Promise<Download>;
  /** The report of a submission and where it is, for whoever may open it. @throws SubmissionMissingError | FileMissingError */
  reportOf(actor: Actor, submissionId: number): Promise<Download & { readonly url: string }>;
}

export function createSubmissionFiles(queries: Queries, gate: SubmissionGate): SubmissionFiles {
  const runsOf = async ({ submission }: ReachedSubmission): Promise<RunRow[]> =>
    (await findRuns(queries, [submission.id])).filter((run) => run.submissionId === submission.id);

  const mayOpenReport = async (reached: ReachedSubmission) =>
    maySeeOutput(reached, 'detailed_result') || (await mayOpenFromBoard(queries, reached));

  return {
    async list(reached) {
      const { id, fileName } = reached.submission;
      const files: SubmissionFile[] = [
        { kind: 'submission', name: fileName, url: `/files/submissions/${id}/submission` },
      ];
      const runs = await runsOf(reached);
      for (const kind of OUTPUTS.filter((output) => maySeeOutput(reached, output))) {
        const run = runs.find(({ outputs }) => outputs?.[kind]);
        if (!run) continue;
        const isReport = kind === 'detailed_result';
        const url = isReport ? `/reports/${run.id}` : `/files/submissions/${id}/${kind}`;
        files.push({ kind, name: nameOf(kind, id), url });
      }
      return files;
    },

    async fileFor(actor, submissionId, kind) {
      const reached = await gate.view(actor, submissionId);
      if (kind === 'submission') {
        const archive = await findArchive(queries, reached.submission.resourceId);
        if (!archive?.digest) throw new FileMissingError();
        return { digest: archive.digest, fileName: archive.fileName, mediaType: 'application/zip' };
      }
      const output = OUTPUTS.find((known) => known === kind);
      if (!output || !maySeeOutput(reached, output)) throw new FileMissingError();
      const digest = (await runsOf(reached)).flatMap(({ outputs }) => outputs?.[output] ?? [])[0];
      if (!digest) throw new FileMissingError();
      return { digest, fileName: nameOf(output, submissionId), mediaType: mediaTypeOf(output) };
    },

    async reportOf(actor, submissionId) {
      const reached = await gate.find(actor, submissionId);
      const run = (await runsOf(reached)).find(({ outputs }) => outputs?.detailed_result);
      const digest = run?.outputs?.detailed_result;
      if (!run || !digest || !(await mayOpenReport(reached))) throw new FileMissingError();
      return { ...reportIn(digest, submissionId), url: `/reports/${run.id}` };
    },

    async reportFor(actor, runId) {
      const reached = await gate.findOfRun(actor, runId);
      const mayOpen = await mayOpenReport(reached);
      const digest = reached.run.outputs?.detailed_result;
      if (!mayOpen || !digest) throw new FileMissingError();
      return reportIn(digest, reached.submission.id);
    },
  };
}

function reportIn(digest: string, submissionId: number): Download {
  const kind = 'detailed_result';
  return { digest, fileName: nameOf(kind, submissionId), mediaType: mediaTypeOf(kind) };
}

function nameOf(kind: Output, submissionId: number): string {
  return `${kind}-${submissionId}.${kind === 'detailed_result' ? 'html' : 'zip'}`;
}

function mediaTypeOf(kind: Output): string {
  return kind === 'detailed_result' ? 'text/html' : 'application/zip';
}
