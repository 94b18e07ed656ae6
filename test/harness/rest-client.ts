export interface RestAnswer {
  readonly status: number;
  /** Parsed where it is JSON, else text. */
  readonly body: unknown;
}

/** A script at the Codabench-compatible API: what people do with curl. Never throws for a status. */
export class RestClient {
  readonly #origin: string;
  readonly #token: string | null;

  constructor(origin: string, token: string | null = null) {
    this.#origin = origin;
    this.#token = token;
  }

  get(path: string): Promise<RestAnswer> {
    return this.#send('GET', path);
  }

  post(path: string, body: object = {}): Promise<RestAnswer> {
    return this.#send('POST', path, body);
  }

  put(path: string, body?: object): Promise<RestAnswer> {
    return this.#send('PUT', path, body);
  }

  /** As HTML forms and `requests.post(data=...)` do. */
  postForm(path: string, fields: Record<string, string>): Promise<RestAnswer> {
    return this.#send('POST', path, new URLSearchParams(fields));
  }

  /** Announces a file, sends it to the address given in return, and answers with its key. */
  async upload(type: 'competition_bundle' | 'submission', content: Buffer, name = 'x.zip'): Promise<string> {
    const announced = await this.post('/api/datasets/', {
      type,
      request_sassy_file_name: name,
      file_size: content.length,
    });
    const { key, sassy_url } = expectStatus(announced, 201) as { key: string; sassy_url: string };
    const response = await fetch(new URL(sassy_url, this.#origin), { method: 'PUT', body: content });
    if (!response.ok)
      throw new Error(`the upload was answered with ${response.status}: ${await response.text()}`);
    return key;
  }

  async #send(method: string, path: string, body?: object): Promise<RestAnswer> {
    const isForm = body instanceof URLSearchParams;
    const response = await fetch(new URL(path, this.#origin), {
      method,
      headers: {
        ...(this.#token && { authorization: `Token ${this.#token}` }),
        ...(body && { 'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json' }),
      },
      body: body ? (isForm ? body.toString() : JSON.stringify(body)) : null,
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('application/json');
    return { status: response.status, body: isJson && text ? JSON.parse(text) : text };
  }
}

/** The body of an answer that has this status. */
export function expectStatus({ status, body }: RestAnswer, expected: number): unknown {
  if (status === expected) return body;
  throw new Error(`answered ${status} instead of ${expected}: ${JSON.stringify(body)}`);
}
