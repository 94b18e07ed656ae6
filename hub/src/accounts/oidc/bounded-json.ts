import { boundedFetch } from '../../federation/bounded-fetch.ts';

/** A small document from an address that administrators have set. */
export async function boundedJson(url: string): Promise<unknown> {
  const { status, body } = await boundedFetch(url, {}, { maxBytes: 512 * 1024, timeoutMs: 5_000 });
  if (status !== 200) throw new Error(`${url} answers ${status}`);
  return JSON.parse(body.toString('utf8'));
}
