import type {
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { GenService } from '@bufbuild/protobuf/codegenv2';
import type {
  handleBidiStreamingCall,
  handleUnaryCall,
  MethodDefinition,
  ServiceDefinition,
} from '@grpc/grpc-js';

/**
 * grpc-js knows services as tables of paths and serialisers, protobuf-es as descriptors; this makes the first from the second.
 * The handlers receive whole messages and may answer with plain init objects.
 */
export function serviceDefinition<Service extends DescService>(
  service: Service,
): ServiceDefinition<GrpcHandlers<Service>> {
  const methods = service.methods.map((method) => [method.localName, methodDefinition(method)] as const);
  // The table's type follows from the descriptor's; Object.fromEntries cannot tell the compiler so.
  return Object.fromEntries(methods) as unknown as ServiceDefinition<GrpcHandlers<Service>>;
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

type Methods<Service extends DescService> = Service extends GenService<infer Shapes> ? Shapes : never;

/** The handlers that a server of `Service` has to bring: unary and bidirectional streams, the two kinds that the contract uses. */
export type GrpcHandlers<Service extends DescService> = {
  [Name in keyof Methods<Service>]: Methods<Service>[Name]['methodKind'] extends DescMethodBiDiStreaming['methodKind']
    ? handleBidiStreamingCall<
        MessageShape<Methods<Service>[Name]['input']>,
        MessageInitShape<Methods<Service>[Name]['output']>
      >
    : Methods<Service>[Name]['methodKind'] extends DescMethodUnary['methodKind']
      ? handleUnaryCall<
          MessageShape<Methods<Service>[Name]['input']>,
          MessageInitShape<Methods<Service>[Name]['output']>
        >
      : never;
} & Record<string, handleUnaryCall<never, never> | handleBidiStreamingCall<never, never>>;
