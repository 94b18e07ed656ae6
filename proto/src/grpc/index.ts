export { channelOptions } from './channel-options.ts';
export { type GrpcClient, grpcClient } from './client.ts';
export { addService, type GrpcHandlers, serviceDefinition } from './service-definition.ts';
