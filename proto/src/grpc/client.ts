import type { DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import {
  type CallOptions,
  type ChannelCredentials,
  type Client,
  type ClientDuplexStream,
  Metadata,
  makeClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { channelOptions } from './channel-options.ts';
import { type Methods, methodDefinition } from './service-definition.ts';

/** A client of `Service`: unary methods as promises that reject with grpc-js's ServiceError, bidirectional ones as its duplex stream. */
export type GrpcClient<Service extends DescService> = {
  [Name in keyof Methods<Service>]: Methods<Service>[Name]['methodKind'] extends 'bidi_streaming'
    ? () => ClientDuplexStream<
        MessageInitShape<Methods<Service>[Name]['input']>,
        MessageShape<Methods<Service>[Name]['output']>
      >
    : (
        request: MessageInitShape<Methods<Service>[Name]['input']>,
        options?: CallOptions,
      ) => Promise<MessageShape<Methods<Service>[Name]['output']>>;
} & Disposable;

export function grpcClient<Service extends DescService>(
  service: Service,
  address: string,
  credentials: ChannelCredentials,
  options = channelOptions,
): GrpcClient<Service> {
  const definition = Object.fromEntries(
    service.methods.map((method) => [method.localName, methodDefinition(method)]),
  );
  const Constructor = makeClientConstructor(definition, service.typeName);
  const client: Client = new Constructor(address, credentials, options);
  const methods = service.methods.map((method) => {
    const { path, requestSerialize, responseDeserialize, requestStream } = methodDefinition(method);
    const call = requestStream
      ? () => client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize)
      : (request: object, callOptions: CallOptions = {}) =>
          new Promise((resolve, reject) => {
            const settle = (error: ServiceError | null, response?: object) =>
              error ? reject(error) : resolve(response);
            client.makeUnaryRequest(
              path,
              requestSerialize,
              responseDeserialize,
              request,
              new Metadata(),
              callOptions,
              settle,
            );
          });
    return [method.localName, call] as const;
  });
  return {
    ...Object.fromEntries(methods),
    [Symbol.dispose]: () => client.close(),
  } as unknown as GrpcClient<Service>;
}
