/** What the node says of itself in Hello. */
export const SOFTWARE_VERSION = '0.1.0';
