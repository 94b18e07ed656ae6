import { create, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { serviceDefinition } from '@weir/proto/grpc';
import {
  type AppendLogsRequest,
  type AppendLogsResponseSchema,
  type Assignment,
  AssignmentSchema,
  type AttemptRef,
  Disposition,
  type Hello,
  type LogChunk,
  NodeService,
  type Outcome,
  type RenewCertificateRequest,
  type RenewCertificateResponseSchema,
  type ReportOutcomesRequest,
  type ReportOutcomesResponseSchema,
  type RunState,
  type SessionRequest,
  type SessionResponseSchema,
  type WaitReason,
} from '@weir/proto/node/v1';
import { makeAuthority, type TestAuthority } from './authority.ts';

type Response = MessageInitShape<typeof SessionResponseSchema>;
type Stream = ServerDuplexStream<SessionRequest, Response>;
type Call<Request> = ServerUnaryCall<Request, unknown>;
type Answer<Schema extends DescMessage> = sendUnaryData<MessageInitShape<Schema>>;

/**
 * A hub of tests: the real contract over real gRPC and mutual TLS, with a memory instead of a database. It keeps all that nodes said, and
 * has a switch for each way in which a hub can be of no help.
 */
export class FakeHub implements AsyncDisposable {
  readonly authority: TestAuthority;
  readonly address: string;
  readonly hellos: Hello[] = [];
  readonly outcomes: Outcome[] = [];
  readonly progress: { runId: bigint; state: RunState; waitsFor: WaitReason }[] = [];
  readonly chunks: LogChunk[] = [];
  readonly reportCalls: number[] = [];
  /** Everything that was said on the stream and in calls, in order, with the moment at which it came: what a hub that writes it all down knows. */
  readonly heard: { at: number; what: string; message: unknown }[] = [];
  heartbeats = 0;
  /** How many nodes the site has; 0: it does not say. */
  siteNodes = 0;
  leaseMs = 30_000;
  /** Fails so many of the next ReportOutcomes calls. */
  failReports = 0;
  /** Answers to Hello and Heartbeat. */
  lost: AttemptRef[] = [];
  disposition = Disposition.ACCEPTED;
  /** How long the certificates of renewals live. */
  renewedLifeMs = 3_600_000;
  onOutcome: (outcome: Outcome) => void = () => {};
  /** What a hub does before it welcomes a node. */
  greets: () => Promise<void> = () => Promise.resolve();
  readonly #server: Server;
  readonly #queue: Assignment[] = [];
  #stream: Stream | null = null;
  #credits = 0;

  private constructor(server: Server, address: string, authority: TestAuthority) {
    this.#server = server;
    this.address = address;
    this.authority = authority;
  }

  static async start(authority?: TestAuthority, port = 0): Promise<FakeHub> {
    const ca = authority ?? (await makeAuthority());
    const { key, certificate } = await ca.serverCredentials();
    const server = new Server();
    const credentials = ServerCredentials.createSsl(
      Buffer.from(ca.certificate),
      [{ private_key: Buffer.from(key), cert_chain: Buffer.from(certificate) }],
      true,
    );
    const bound = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${port}`, credentials, (error, at) =>
        error ? reject(error) : resolve(at),
      ),
    );
    const hub = new FakeHub(server, `127.0.0.1:${bound}`, ca);
    hub.#serve();
    return hub;
  }

  get credits(): number {
    return this.#credits;
  }

  get isConnected(): boolean {
    return this.#stream !== null;
  }

  /** Assigned as soon as the node has room. */
  enqueue(assignment: MessageInitShape<typeof AssignmentSchema>): void {
    this.#queue.push(create(AssignmentSchema, assignment));
    this.#assign();
  }

  send(message: Response): void {
    this.#stream?.write(message);
  }

  /** Ends the stream as a proxy does that goes away. */
  cut(): void {
    this.end(status.UNAVAILABLE, 'cut');
  }

  end(code: status, details: string): void {
    this.#stream?.emit('error', Object.assign(new Error(details), { code, details }));
    this.#stream = null;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
    return Promise.resolve();
  }

  #serve(): void {
    this.#server.addService(serviceDefinition(NodeService), {
      session: (stream: Stream) => this.#session(stream),
      reportOutcomes: (
        call: Call<ReportOutcomesRequest>,
        answer: Answer<typeof ReportOutcomesResponseSchema>,
      ) => {
        this.#hear('reportOutcomes', call.request);
        const dispositions = this.#record(call.request.outcomes);
        if (dispositions.length > 0) answer(null, { dispositions });
        else answer({ code: status.UNAVAILABLE, details: 'not now' });
      },
      appendLogs: (call: Call<AppendLogsRequest>, answer: Answer<typeof AppendLogsResponseSchema>) => {
        this.#hear('appendLogs', call.request);
        this.chunks.push(...call.request.chunks);
        const acks = call.request.chunks.map(({ attempt, stream, sequence }) => ({
          ...(attempt && { attempt }),
          stream,
          sequence,
          closed: false,
        }));
        answer(null, { acks });
      },
      renewCertificate: (
        call: Call<RenewCertificateRequest>,
        answer: Answer<typeof RenewCertificateResponseSchema>,
      ) => {
        this.authority
          .certify(call.request.certificateRequest, 'client', this.renewedLifeMs)
          .then((certificate) => answer(null, { certificate }))
          .catch((error: Error) => answer({ code: status.INTERNAL, details: error.message }));
      },
    });
  }

  #session(stream: Stream): void {
    this.#stream = stream;
    this.#credits = 0;
    stream.on('error', () => {});
    stream.on('close', () => {
      if (this.#stream === stream) this.#stream = null;
    });
    stream.on('end', () => stream.end());
    stream.on('data', ({ message }: SessionRequest) => {
      this.#hear(message.case ?? 'nothing', message.value);
      switch (message.case) {
        case 'hello':
          this.hellos.push(message.value);
          void this.greets().then(() => this.#welcome(stream));
          break;
        case 'credit':
          this.#credits += message.value.runs;
          this.#assign();
          break;
        case 'heartbeat':
          this.heartbeats += 1;
          stream.write({ message: { case: 'heartbeatAck', value: { lost: this.lost } } });
          break;
        case 'progress':
          for (const { attempt, state, waitsFor } of message.value.runs) {
            if (attempt) this.progress.push({ runId: attempt.runId, state, waitsFor });
          }
          break;
        case 'outcomes':
          stream.write({
            message: {
              case: 'dispositions',
              value: { dispositions: this.#record(message.value.outcomes) },
            },
          });
          break;
      }
    });
  }

  #welcome(stream: Stream): void {
    const { leaseMs, lost, siteNodes } = this;
    const value = { hub: 'test', nodeId: 'n1', site: 'north', leaseMs, lost, siteNodes };
    stream.write({ message: { case: 'welcome', value } });
  }

  #hear(what: string, message: unknown): void {
    this.heard.push({ at: Date.now(), what, message });
  }

  #record(outcomes: readonly Outcome[]): Disposition[] {
    this.reportCalls.push(outcomes.length);
    if (this.failReports > 0) {
      this.failReports -= 1;
      return [];
    }
    for (const outcome of outcomes) {
      this.outcomes.push(outcome);
      this.onOutcome(outcome);
    }
    return outcomes.map(() => this.disposition);
  }

  #assign(): void {
    while (this.#stream && this.#credits > 0) {
      const assignment = this.#queue.shift();
      if (!assignment) return;
      this.#credits -= 1;
      this.#stream.write({ message: { case: 'assignments', value: { assignments: [assignment] } } });
    }
  }
}
