import { readFile } from 'node:fs/promises';
import { StartError } from './errors.ts';

export interface CompetitionDetails {
  id: number;
  title: string;
  published: boolean;
  phases: { id: number; status: string; tasks: { id: number }[] }[];
}

export interface SubmissionSummary {
  id: number;
  status: string;
}

interface CreationStatus {
  status: 'Starting' | 'Finished' | 'Failed';
  details: string | null;
  resulting_competition: number | null;
}

/** A script at the public REST API, signed in as one person: what anybody can do with curl. */
export class HubClient {
  readonly #origin: string;
  readonly #token: string;

  private constructor(origin: string, token: string) {
    this.#origin = origin;
    this.#token = token;
  }

  static async signIn(origin: string, username: string, password: string): Promise<HubClient> {
    const client = new HubClient(origin, '');
    const { token } = await client.#send<{ token: string }>('POST', '/api/api-token-auth/', {
      username,
      password,
    });
    return new HubClient(origin, token);
  }

  listCompetitions(filter: string): Promise<{ id: number; title: string }[]> {
    return this.#send('GET', `/api/competitions/?${filter}`);
  }

  getCompetition(id: number): Promise<CompetitionDetails> {
    return this.#send('GET', `/api/competitions/${id}/`);
  }

  /** Uploads a bundle; the answer is what to ask `getCreation` for. */
  async uploadBundle(file: string, name: string): Promise<number> {
    const key = await this.#upload('competition_bundle', file, name);
    const { status_id } = await this.#send<{ status_id: number }>('PUT', `/api/datasets/completed/${key}/`);
    return status_id;
  }

  getCreation(statusId: number): Promise<CreationStatus> {
    return this.#send('GET', `/api/competitions/${statusId}/creation_status/`);
  }

  async publish(competition: number): Promise<void> {
    await this.#send('POST', `/api/competitions/${competition}/toggle_publish/`);
  }

  async register(competition: number): Promise<void> {
    await this.#send('POST', `/api/competitions/${competition}/register/`);
  }

  listSubmissions(phase: number): Promise<SubmissionSummary[]> {
    return this.#send('GET', `/api/submissions/?phase=${phase}`);
  }

  getSubmission(id: number): Promise<SubmissionSummary> {
    return this.#send('GET', `/api/submissions/${id}/`);
  }

  async submit(phase: number, tasks: number[], file: string, name: string): Promise<SubmissionSummary> {
    const data = await this.#upload('submission', file, name);
    return this.#send('POST', '/api/submissions/', { phase, tasks, data });
  }

  /** A procedure of the portal's own API, for what the REST API does not have. */
  async query<T>(procedure: string): Promise<T> {
    const { result } = await this.#send<{ result: { data: T } }>('GET', `/trpc/${procedure}`);
    return result.data;
  }

  async mutate<T>(procedure: string, input: object): Promise<T> {
    const { result } = await this.#send<{ result: { data: T } }>('POST', `/trpc/${procedure}`, input);
    return result.data;
  }

  /** Announces a file, uploads it to the address given in return, and resolves with its key. */
  async #upload(type: 'competition_bundle' | 'submission', file: string, name: string): Promise<string> {
    const bytes = await readFile(file);
    const { key, sassy_url } = await this.#send<{ key: string; sassy_url: string }>(
      'POST',
      '/api/datasets/',
      {
        type,
        request_sassy_file_name: name,
        file_size: bytes.length,
      },
    );
    const response = await fetch(new URL(sassy_url, this.#origin), {
      method: 'PUT',
      body: bytes,
      headers: { 'content-type': 'application/zip' },
    });
    await requireSuccess(response, `PUT ${name}`);
    return key;
  }

  async #send<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (this.#token) headers.authorization = `Token ${this.#token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await fetch(new URL(path, this.#origin), {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    });
    await requireSuccess(response, `${method} ${path}`);
    const text = await response.text();
    return (text === '' ? null : JSON.parse(text)) as T;
  }
}

async function requireSuccess(response: Response, what: string): Promise<void> {
  if (response.ok) return;
  throw new StartError(
    `The hub answered ${what} with ${response.status}: ${(await response.text()).slice(0, 500)}`,
  );
}
