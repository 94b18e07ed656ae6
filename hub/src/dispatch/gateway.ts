import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { addService, channelOptions, type GrpcHandlers } from '@weir/proto/grpc';
import { NodeService } from '@weir/proto/node/v1';
import type { Logger } from 'pino';
import type { Address } from '../config/address.ts';
import type { Config } from '../config/config.ts';
import { DomainError } from '../http/domain-error.ts';
import type { LiveBus } from '../live/bus.ts';
import type { ReceiptDesk } from '../receipts/service.ts';
import type { Authority } from '../sites/authority.ts';
import { isAccepted } from '../sites/certificates.ts';
import type { Sites } from '../sites/service.ts';
import { GatewayError } from './gateway-error.ts';
import { MOST_OUTCOMES } from './outcome.ts';
import type { Dispatcher } from './service.ts';
import { type Caller, type SessionStream, StreamSession } from './stream-session.ts';

interface Dependencies {
  readonly dispatch: Dispatcher;
  readonly sites: Sites;
  readonly receiptDesk: Pick<ReceiptDesk, 'learn'>;
  readonly live: LiveBus;
  readonly authority: Authority;
  readonly config: Pick<Config, 'name' | 'leaseMs'>;
  readonly log: Logger;
}

export interface Gateway extends AsyncDisposable {
  readonly port: number;
  /** Streams that are open, by node. */
  readonly connected: number;
}

const MOST_CHUNKS = 1_024;
const DRAIN_MS = 2_000;

/** The gRPC side of the hub: mutual TLS with the hub's own authority, one service, every node taken for hostile. */
export async function startGateway(address: Address, deps: Dependencies): Promise<Gateway> {
  const { dispatch, sites, authority, log } = deps;
  const streams = new Map<string, StreamSession>();
  // The node at the other end of a connection on which a stream is open. Reading it from the certificate takes a while.
  const callers = new Map<string, Caller>();
  const server = new Server(channelOptions);

  const handlers: GrpcHandlers<typeof NodeService> = {
    session(stream: SessionStream) {
      const caller = callerOf(stream);
      if (!caller)
        return void stream.emit('error', { code: status.UNAUTHENTICATED, details: 'no client certificate' });
      const { nodeId } = caller;
      streams.get(nodeId)?.close(status.ABORTED, 'another stream of this node has taken over');
      const session = new StreamSession(stream, caller, deps);
      streams.set(nodeId, session);
      const peer = stream.getPeer();
      callers.set(peer, caller);
      void session.closed.then(() => {
        callers.delete(peer);
        if (streams.get(nodeId) === session) streams.delete(nodeId);
      });
    },
    reportOutcomes: unary(async (nodeId, { outcomes }) => {
      if (outcomes.length > MOST_OUTCOMES)
        throw new GatewayError(status.INVALID_ARGUMENT, `at most ${MOST_OUTCOMES} outcomes at a time`);
      return { dispositions: await dispatch.report(nodeId, outcomes) };
    }),
    appendLogs: unary(async (nodeId, { chunks }) => {
      if (chunks.length > MOST_CHUNKS)
        throw new GatewayError(status.INVALID_ARGUMENT, `at most ${MOST_CHUNKS} chunks at a time`);
      const acknowledged = await dispatch.appendLogs(nodeId, chunks);
      return {
        acks: acknowledged.map(({ runId, attempt, isGuest: _, ...ack }) => ({
          attempt: { runId: BigInt(runId), attempt },
          ...ack,
        })),
      };
    }),
    renewCertificate: unary(async (nodeId, { certificateRequest }) => {
      const { certificate } = await sites.renewCertificate(nodeId, certificateRequest);
      return { certificate };
    }),
  };

  async function isWelcome({ nodeId, begins }: Caller): Promise<boolean> {
    const node = await sites.findNode(nodeId);
    return node !== null && (begins === null || isAccepted(begins, node.certificatesFrom));
  }

  /** One place decides how a call ends: who calls, whether it may, and what an error becomes. */
  function unary<Request, Response>(handle: (nodeId: string, request: Request) => Promise<Response>) {
    return (call: ServerUnaryCall<Request, Response>, respond: sendUnaryData<Response>) => {
      const answer = async () => {
        const known = callers.get(call.getPeer());
        const caller = known ?? callerOf(call);
        if (!caller) throw new GatewayError(status.UNAUTHENTICATED, 'no client certificate');
        const { nodeId } = caller;
        // A node with an open stream was checked as it said hello, and is again now and then.
        if ((!known || !streams.has(nodeId)) && !(await isWelcome(caller))) {
          throw new GatewayError(
            status.PERMISSION_DENIED,
            'this node is not known at the hub, or was revoked; enrol it again',
          );
        }
        return handle(nodeId, call.request);
      };
      answer().then(
        (response) => respond(null, response),
        (error: unknown) => respond(toStatus(error, log)),
      );
    };
  }

  addService(server, NodeService, handlers);
  const { key, certificate } = await authority.issueServerCertificate();
  const credentials = ServerCredentials.createSsl(
    Buffer.from(authority.certificate),
    [{ private_key: Buffer.from(key), cert_chain: Buffer.from(certificate) }],
    true,
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${address.host}:${address.port}`, credentials, (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });

  return {
    port,
    get connected() {
      return streams.size;
    },
    async [Symbol.asyncDispose]() {
      for (const session of streams.values()) {
        session.drain('the hub is going away', 1_000);
        session.close(status.UNAVAILABLE, 'the hub is going away');
      }
      const deadline = setTimeout(() => server.forceShutdown(), DRAIN_MS);
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      clearTimeout(deadline);
    },
  };
}

/** The node's id is the common name of its certificate, which the hub's own authority has put there. */
function callerOf(call: {
  getAuthContext(): {
    sslPeerCertificate?: { subject?: { CN?: string | string[] }; valid_from?: string };
  } | null;
}): Caller | null {
  const certificate = call.getAuthContext()?.sslPeerCertificate;
  const name = certificate?.subject?.CN;
  if (typeof name !== 'string' || !/^[0-9a-f-]{36}$/.test(name)) return null;
  const begins = new Date(certificate?.valid_from ?? '');
  return { nodeId: name, begins: Number.isNaN(begins.getTime()) ? null : begins };
}

function toStatus(error: unknown, log: Logger): { code: status; details: string } {
  if (error instanceof GatewayError) return { code: error.status, details: error.message };
  if (error instanceof DomainError) return { code: status.FAILED_PRECONDITION, details: error.message };
  log.error({ err: error }, 'a call of a node failed');
  // Retryable: the database may be away for a moment, and a node keeps what it reports.
  return { code: status.UNAVAILABLE, details: 'the hub could not do this now; try again' };
}
