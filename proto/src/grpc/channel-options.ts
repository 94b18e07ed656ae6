import type { ChannelOptions } from '@grpc/grpc-js';

/** No message of the contract comes near this; the contract's own caps are checked by the handlers. */
const MAX_MESSAGE_BYTES = 1024 * 1024 + 16 * 1024;

/**
 * Options for both ends of a channel. Keepalive is set on both, since without it a frozen peer goes unnoticed: grpc-js pings on its own
 * only where told. Nothing is sent faster than common proxies permit.
 */
export const channelOptions: ChannelOptions = {
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
};
