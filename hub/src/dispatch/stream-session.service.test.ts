import { EventEmitter, once } from 'node:events';
import { create } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { HeartbeatSchema, HelloSchema, type SessionRequest, SessionRequestSchema } from '@weir/proto/node/v1';
import { PROTOCOL_VERSION } from '@weir/proto/version';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { KnownNode } from '../sites/service.ts';
import type { Dispatcher } from './service.ts';
import { type SessionStream, StreamSession } from './stream-session.ts';
import { createDispatchFixture, type DispatchFixture } from './testing/fixture.ts';
import { seedNode } from './testing/seed.ts';

let fixture: DispatchFixture;
let dispatch: Dispatcher;
beforeAll(async () => {
  fixture = await createDispatchFixture();
  dispatch = fixture.newDispatcher();
});
afterAll(async () => {
  await dispatch[Symbol.asyncDispose]();
  await fixture[Symbol.asyncDispose]();
});

/** The hub's end of a stream: what is written to it is kept, and it ends when the test says so. */
class TestStream extends EventEmitter {
  readonly written: { message: { case: string } }[] = [];

  write(message: TestStream['written'][number]): boolean {
    this.written.push(message);
    return true;
  }

  say(message: SessionRequest['message']): void {
    this.emit('data', create(SessionRequestSchema, { message }));
  }

  pause(): void {}
  resume(): void {}
  end(): void {}
}

/** A node that has said hello. `meanwhile` happens at the hub after it was looked up, and before it is welcome. */
function greeted(node: KnownNode, meanwhile: () => Promise<void> = async () => {}) {
  const stream = new TestStream();
  const { sites, receipts, live, log } = fixture;
  const session = new StreamSession(
    stream as unknown as SessionStream,
    { nodeId: node.id, begins: null },
    {
      dispatch,
      sites: {
        ...sites,
        async greet(...said) {
          await meanwhile();
          await sites.greet(...said);
        },
      },
      receiptDesk: receipts,
      live,
      config: { name: 'test', leaseMs: 10_000 },
      log,
    },
  );
  stream.say({ case: 'hello', value: create(HelloSchema, { protocolVersion: PROTOCOL_VERSION, slots: 1 }) });
  return { stream, session };
}

const end = async (stream: TestStream) =>
  (await once(stream, 'error', { signal: AbortSignal.timeout(5_000) }))[0];

test('a node that was taken back while it was greeted as drained comes back anew', async () => {
  const { id } = await seedNode(fixture.database, 'drained');
  await fixture.sites.setDrained(id, true);
  const node = (await fixture.sites.findNode(id))!;
  const { stream } = greeted(node, () => fixture.sites.setDrained(id, false));
  expect(await end(stream)).toMatchObject({ code: status.UNAVAILABLE });
});

test('a node that is revoked while it is greeted is cut off', async () => {
  const { id } = await seedNode(fixture.database, 'revoked');
  const node = (await fixture.sites.findNode(id))!;
  const { stream } = greeted(node, () => fixture.sites.revokeNode(id));
  expect(await end(stream)).toMatchObject({ code: status.PERMISSION_DENIED });
});

test('a hint that changes nothing leaves the node its stream, one that does ends it', async () => {
  const { id } = await seedNode(fixture.database, 'hinted');
  const node = (await fixture.sites.findNode(id))!;
  const { stream, session } = greeted(node);
  await vi.waitFor(() => expect(stream.written).toMatchObject([{ message: { case: 'welcome' } }]));
  fixture.live.announce([`node:${id}`]);
  stream.say({ case: 'heartbeat', value: create(HeartbeatSchema) });
  await vi.waitFor(() => expect(stream.written).toHaveLength(2));
  const ended = end(stream);
  await fixture.sites.setDrained(id, true);
  expect(await ended).toMatchObject({ code: status.UNAVAILABLE });
  await session.closed;
});
