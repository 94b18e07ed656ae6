import type { LightMyRequestResponse } from 'fastify';
import { expect } from 'vitest';
import { createTestHub, type TestHub, type TestPerson } from '../../http/testing/test-hub.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | 'HEAD';

export interface Asking {
  /** Without, nobody is logged in. */
  readonly person?: TestPerson | undefined;
  readonly payload?: object | undefined;
  /** What the answer must have. */
  readonly status?: number | undefined;
}

/** A hub that is asked as clients of the REST API ask it. */
export interface RestHub extends TestHub {
  /** @param url after `/api/` */
  ask(method: Method, url: string, asking?: Asking): Promise<LightMyRequestResponse>;
  /** Announces a file and sends it where the answer says. @returns its key */
  sendFile(person: TestPerson, fields: { readonly type: string }, content: string | Buffer): Promise<string>;
  /** @param address as an announcement answers it */
  sendTo(address: string, content: string | Buffer): Promise<void>;
}

export async function createRestHub(): Promise<RestHub> {
  const hub = await createTestHub();

  const ask: RestHub['ask'] = async (method, url, { person, payload, status = 200 } = {}) => {
    const response = await hub.inject({ method, url: `/api/${url}`, ...(payload && { payload }) }, person);
    expect(response.statusCode, response.body).toBe(status);
    return response;
  };

  const sendTo: RestHub['sendTo'] = async (address, content) => {
    const { pathname, search } = new URL(address);
    const headers = { 'content-type': 'application/zip' };
    const sent = await hub.inject({ method: 'PUT', url: pathname + search, payload: content, headers });
    expect(sent.statusCode, sent.body).toBe(200);
  };

  return {
    ...hub,
    ask,
    sendTo,
    async sendFile(person, fields, content) {
      const payload = { request_sassy_file_name: 'file.zip', ...fields };
      const { key, sassy_url } = (await ask('POST', 'datasets/', { person, payload, status: 201 })).json();
      await sendTo(sassy_url, content);
      return key;
    },
  };
}
