import { createSecureContext } from 'node:tls';
import { credentials } from '@grpc/grpc-js';
import { channelOptions, type GrpcClient, grpcClient } from '@weir/proto/grpc';
import { NodeService } from '@weir/proto/node/v1';
import type { Credentials } from '../home/identity.ts';

export type HubClient = GrpcClient<typeof NodeService>;

/** The name in the certificate of every hub's gateway: its own authority vouches for it, so its address does not matter. */
const HUB_SERVER_NAME = 'hub.weir';

/** Mutual TLS with the hub's own authority and no other. Connects with the first call. */
export function dial(address: string, { key, certificate, authority }: Credentials): HubClient {
  const context = createSecureContext({ ca: authority, key, cert: certificate, minVersion: 'TLSv1.3' });
  return grpcClient(NodeService, address, credentials.createFromSecureContext(context), {
    ...channelOptions,
    'grpc.ssl_target_name_override': HUB_SERVER_NAME,
    'grpc.default_authority': HUB_SERVER_NAME,
    // Two clients of one process (the old certificate and the new) must not share a connection.
    'grpc.use_local_subchannel_pool': 1,
  });
}
