import { credentials, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Disposition, NodeService } from '../gen/weir/node/v1/link_pb.js';
import { addService, channelOptions, type GrpcClient, grpcClient } from './index.ts';

let server: Server;
let client: GrpcClient<typeof NodeService>;

beforeAll(async () => {
  server = new Server(channelOptions);
  addService(server, NodeService, {
    session(stream) {
      stream.on('data', ({ message }) => {
        if (message.case !== 'hello') return;
        stream.write({ message: { case: 'welcome', value: { hub: 'test', leaseMs: message.value.slots } } });
        stream.end();
      });
    },
    reportOutcomes: ({ request }, respond) =>
      respond(null, { dispositions: request.outcomes.map(() => Disposition.ACCEPTED) }),
    appendLogs: (_call, respond) => respond({ code: status.RESOURCE_EXHAUSTED, details: 'too much' }),
    renewCertificate: ({ request }, respond) => respond(null, { certificate: request.certificateRequest }),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  client = grpcClient(NodeService, `127.0.0.1:${port}`, credentials.createInsecure());
});

afterAll(() => {
  client[Symbol.dispose]();
  server.forceShutdown();
});

test('a unary call takes plain objects and answers whole messages', async () => {
  const attempt = { runId: 2n ** 53n + 1n, attempt: 1 };
  const { dispositions } = await client.reportOutcomes({ outcomes: [{ attempt }, { attempt }] });
  expect(dispositions).toEqual([Disposition.ACCEPTED, Disposition.ACCEPTED]);
});

test('a refusal rejects with its status', async () => {
  await expect(client.appendLogs({ chunks: [] })).rejects.toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
    details: 'too much',
  });
});

test('a stream carries messages both ways', async () => {
  const stream = client.session();
  stream.write({ message: { case: 'hello', value: { slots: 7 } } });
  const answers = [];
  for await (const answer of stream) answers.push(answer.message);
  expect(answers).toMatchObject([{ case: 'welcome', value: { hub: 'test', leaseMs: 7 } }]);
});
