import type { Outcome } from '@weir/proto/node/v1';
import { type TestSigner, testSigner } from '@weir/proto/receipt/testing';
import type { Dispatcher } from '../service.ts';
import type { AssignmentInit } from '../sessions.ts';
import type { RecordedSession } from './recorded-session.ts';

/** Nodes that sign the scores that they report, as real ones do, so that tests about other things need not. */
export class HonestNodes {
  readonly #signers = new Map<string, { session: RecordedSession; signer: TestSigner }>();

  /** The signer of the node: the same one for ever. */
  add(session: RecordedSession): TestSigner {
    const { id, siteName } = session.node;
    const known = this.#signers.get(id);
    if (known) return known.signer;
    const signer = testSigner({ nodeId: id, site: siteName, hub: 'test' });
    this.#signers.set(id, { session, signer });
    return signer;
  }

  /** The outcome with a receipt for what its scores say; as it is when it has one already, or nothing like it was assigned. */
  signed(nodeId: string, outcome: Outcome): Outcome {
    const { session, signer } = this.#signers.get(nodeId) ?? {};
    const { attempt, result, receipt } = outcome;
    if (!session || !signer || !attempt || result.case !== 'scores' || receipt.length > 0) return outcome;
    const assigned = session.assigned.findLast(({ runId }) => runId === attempt.runId);
    if (!assigned) return outcome;
    const assignment: AssignmentInit = { ...assigned, attempt: attempt.attempt };
    return { ...outcome, receipt: signer.receipt(assignment, result.value.values) };
  }

  /** Has everything that is reported to this dispatcher signed by who reports it. */
  sign(dispatcher: Dispatcher): Dispatcher {
    const report = dispatcher.report.bind(dispatcher);
    dispatcher.report = (nodeId, outcomes) =>
      report(
        nodeId,
        outcomes.map((outcome) => this.signed(nodeId, outcome)),
      );
    return dispatcher;
  }
}
