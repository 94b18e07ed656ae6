import type { DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { GenService } from '@bufbuild/protobuf/codegenv2';
import type {
  handleBidiStreamingCall,
  handleUnaryCall,
  MethodDefinition,
  Server,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';

/**
 * grpc-js knows services as tables of paths and serialisers, protobuf-es as descriptors; this makes the first from the second.
 * Handlers receive whole messages and may answer with plain init objects.
 */
export function serviceDefinition(service: DescService): ServiceDefinition {
  return Object.fromEntries(service.methods.map((method) => [method.localName, methodDefinition(method)]));
}

/** Adds `service` to a server. The types pair each handler with its method, which grpc-js's own cannot. */
export function addService<Service extends DescService>(
  server: Server,
  service: Service,
  handlers: GrpcHandlers<Service>,
): void {
  server.addService(serviceDefinition(service), handlers as UntypedServiceImplementation);
}

export function methodDefinition(method: DescMethod): MethodDefinition<object, object> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: serializer(method.input),
    requestDeserialize: (bytes) => fromBinary(method.input, bytes),
    responseSerialize: serializer(method.output),
    responseDeserialize: (bytes) => fromBinary(method.output, bytes),
  };
}

function serializer(desc: DescMethod['input']): (message: object) => Buffer {
  return (message) => {
    // `create` passes on what is a message already.
    const bytes = toBinary(desc, create(desc, message as MessageInitShape<typeof desc>));
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

/** The methods that the generated descriptor carries in its type. */
export type Methods<Service extends DescService> = Service extends GenService<infer Shapes> ? Shapes : never;

/** The handlers that a server of `Service` has to bring: unary and bidirectional streams, the two kinds that the contract uses. */
export type GrpcHandlers<Service extends DescService> = {
  [Name in keyof Methods<Service>]: Methods<Service>[Name]['methodKind'] extends 'bidi_streaming'
    ? handleBidiStreamingCall<
        MessageShape<Methods<Service>[Name]['input']>,
        MessageInitShape<Methods<Service>[Name]['output']>
      >
    : handleUnaryCall<
        MessageShape<Methods<Service>[Name]['input']>,
        MessageInitShape<Methods<Service>[Name]['output']>
      >;
};
