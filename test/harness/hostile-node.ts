import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { enrol } from '@weir/node/enrol/enrol';
import { homeAt } from '@weir/node/home/home';
import { type Credentials, readCredentials } from '@weir/node/home/identity';
import { dial, type HubClient } from '@weir/node/link/dial';
import type { Assignment, SessionRequestSchema, SessionResponse } from '@weir/proto/node/v1';
import { type TestSigner, testSigner } from '@weir/proto/receipt/testing';
import { PROTOCOL_VERSION } from '@weir/proto/version';
import type { TestHub } from './test-hub.ts';
import { waitFor } from './wait-for.ts';

type Request = MessageInitShape<typeof SessionRequestSchema>;

/** A node with a good certificate and nothing of an honest one's manners: every message is the test's own. */
export class HostileNode implements Disposable {
  readonly id: string;
  readonly credentials: Credentials;
  readonly client: HubClient;
  /** The one thing about it that is as it should be, where a test wants it so. */
  readonly signer: TestSigner;

  private constructor(id: string, credentials: Credentials, client: HubClient, signer: TestSigner) {
    this.id = id;
    this.credentials = credentials;
    this.client = client;
    this.signer = signer;
  }

  static async enrol(hub: TestHub, token: string): Promise<HostileNode> {
    const folder = await mkdtemp(join(tmpdir(), 'weir-hostile-'));
    const home = homeAt(folder);
    const {
      nodeId,
      grpc,
      site,
      hub: hubName,
    } = await enrol(home, { hubUrl: hub.url, token, name: 'hostile' });
    const credentials = await readCredentials(home);
    await rm(folder, { recursive: true });
    const signer = testSigner({ nodeId, site, hub: hubName });
    return new HostileNode(nodeId, credentials, dial(grpc, credentials), signer);
  }

  openStream(): HostileStream {
    return new HostileStream(this.client.session());
  }

  /** A stream that is welcomed and has granted room for so many runs. */
  async openHonestly(runs: number): Promise<HostileStream> {
    const stream = this.openStream();
    stream.send({
      case: 'hello',
      value: {
        protocolVersion: PROTOCOL_VERSION,
        engine: 'scripted',
        slots: runs,
        receiptKey: this.signer.publicKey,
      },
    });
    await waitFor(
      'a welcome',
      () => stream.received,
      (all) => all[0]?.message.case === 'welcome',
    );
    stream.send({ case: 'credit', value: { runs } });
    return stream;
  }

  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }
}

export class HostileStream {
  readonly received: SessionResponse[] = [];
  readonly #call: ClientDuplexStream<Request, SessionResponse>;
  readonly #ended: Promise<ServiceError>;

  constructor(call: ClientDuplexStream<Request, SessionResponse>) {
    this.#call = call;
    this.#ended = once(call, 'error').then(([error]) => error as ServiceError);
    call.on('data', (message: SessionResponse) => this.received.push(message));
  }

  send(message: NonNullable<Request['message']>): void {
    this.#call.write({ message });
  }

  /** The status with which the hub ends the stream. */
  ended(): Promise<ServiceError> {
    return this.#ended;
  }

  assignments(): Assignment[] {
    return this.received.flatMap(({ message }) =>
      message.case === 'assignments' ? message.value.assignments : [],
    );
  }

  close(): void {
    this.#call.cancel();
  }
}
