import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { ANSWERS } from '../rest/answers.ts';
import { HubError, UsageError } from './errors.ts';

export type Received = (done: number, total: number) => void;

/** A hub as its REST API has it, for one person. Each method throws HubError with a sentence for people. */
export class HubClient {
  readonly #url: string;
  readonly #token: string | null;

  constructor(url: string, token: string | null) {
    this.#url = url;
    this.#token = token;
  }

  async get<Answer>(path: string, answer: z.ZodType<Answer>): Promise<Answer> {
    return this.#understand(answer, await this.#json('GET', path));
  }

  async post<Answer>(path: string, body: object, answer: z.ZodType<Answer>): Promise<Answer> {
    return this.#understand(answer, await this.#json('POST', path, body));
  }

  /** Announces a file, sends it, and says that it has been sent. @returns its key, and the number of what begins with it */
  async upload(
    type: 'submission' | 'competition_bundle',
    path: string,
    onProgress: Received,
  ): Promise<{ key: string; creationId: number | null }> {
    const file = await stat(path).catch(() => null);
    if (!file?.isFile()) throw new UsageError(`there is no file ${path}`);
    const { key, sassy_url } = await this.post(
      '/api/datasets/',
      { type, request_sassy_file_name: basename(path), file_size: file.size },
      ANSWERS.Upload,
    );
    await this.#send('PUT', new URL(sassy_url, this.#url), {
      body: Readable.toWeb(Readable.from(counted(path, file.size, onProgress))),
      headers: { 'content-type': 'application/zip', 'content-length': String(file.size) },
      duplex: 'half',
    });
    const answer = await this.#json('PUT', `/api/datasets/completed/${key}/`, {});
    const { status_id } = answer as { status_id?: number };
    return { key, creationId: status_id ?? null };
  }

  /** The content behind an address that the hub gave out. */
  async download(url: string): Promise<Response> {
    return this.#send('GET', new URL(url, this.#url), { headers: this.#authorization() });
  }

  async #json(method: string, path: string, body?: object): Promise<unknown> {
    const response = await this.#send(method, new URL(path, this.#url), {
      headers: { ...this.#authorization(), ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return response.json();
  }

  async #send(method: string, url: URL, init: RequestInit & { duplex?: 'half' }): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(url, { method, ...init });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new HubError(`the hub at ${url.origin} cannot be reached: ${why}`, null, error);
    }
    if (response.ok) return response;
    throw new HubError(sentenceOf(response.status, await response.text()), response.status);
  }

  #understand<Answer>(answer: z.ZodType<Answer>, received: unknown): Answer {
    const { success, data, error } = answer.safeParse(received);
    if (success) return data;
    const place = error.issues[0]?.path.join('.') ?? '';
    throw new HubError(
      `the answer of ${this.#url} cannot be understood${place && ` ("${place}")`}: is the hub of another version than this command?`,
      null,
      error,
    );
  }

  #authorization(): Record<string, string> {
    return this.#token === null ? {} : { authorization: `Token ${this.#token}` };
  }
}

async function* counted(path: string, size: number, onProgress: Received): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const chunk of createReadStream(path)) {
    done += chunk.length;
    yield chunk;
    onProgress(done, size);
  }
}

const ofProcedure = z.object({ error: z.object({ message: z.string() }) });

/** What the hub says is wrong: with the whole, or field by field. */
function sentenceOf(status: number, text: string): string {
  try {
    const answer = JSON.parse(text) as Record<string, unknown>;
    const { success, data } = ofProcedure.safeParse(answer);
    if (success) return data.error.message;
    const problems = Object.entries(answer).filter(([name]) => name !== 'code');
    const sentences = problems.map(([name, problem]) => {
      const said = [problem].flat().map(String).join(' ');
      return name === 'detail' || name === 'non_field_errors' ? said : `${name}: ${said}`;
    });
    if (sentences.length > 0) return sentences.join('\n');
  } catch {
    // Not an answer of the API: something in between.
  }
  return `the hub answered with status ${status}`;
}
