import { ConfigError } from './errors.ts';

export interface Address {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** Parses HOST:PORT, also with an IPv6 host in brackets. */
export function parseAddress(variable: string, value: string): Address {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:\s]+):(\d{1,5})$/.exec(value);
  const port = Number(match?.[2]);
  if (!match || port > 65_535)
    throw new ConfigError(variable, `is HOST:PORT to listen on, not "${value}"`, '127.0.0.1:8080');
  return { host: match[1]!.replace(/^\[|\]$/g, ''), port };
}
