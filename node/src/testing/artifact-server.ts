import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { create } from '@bufbuild/protobuf';
import { type Artifact, ArtifactSchema } from '@weir/proto/node/v1';
import { ZipFile } from 'yazl';

/** A hub's web origin as nodes use it: artifacts with ranges, and a place to put outputs. */
export class ArtifactServer implements AsyncDisposable {
  readonly requests: { method: string; url: string; range: string | null }[] = [];
  readonly outputs = new Map<string, Buffer>();
  /** Ends so many of the next answers after half of their bytes. */
  cutNext = 0;
  /** Answers so many of the next requests with a status of failure. */
  failNext: number[] = [];
  /** Sends whoever asks to this address instead. */
  redirectTo: string | null = null;
  /** Sends other bytes than it should, as often. */
  corruptNext = 0;
  hasRanges = true;
  readonly #artifacts = new Map<string, Buffer>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<ArtifactServer> {
    const server = new ArtifactServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get origin(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  }

  add(content: Buffer): Artifact {
    const hex = createHash('sha256').update(content).digest('hex');
    this.#artifacts.set(`/artifacts/${hex}`, content);
    const [digest, size, url] = [`sha256:${hex}`, BigInt(content.length), `/artifacts/${hex}`];
    return create(ArtifactSchema, { digest, size, url });
  }

  async addZip(files: Readonly<Record<string, string>>): Promise<Artifact> {
    const zip = new ZipFile();
    for (const [name, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), name);
    zip.end();
    return this.add(await buffer(zip.outputStream));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    this.requests.push({ method, url, range: headers.range ?? null });
    const failure = this.failNext.shift();
    if (failure !== undefined) {
      response.writeHead(failure).end();
      return;
    }
    if (this.redirectTo !== null) {
      response.writeHead(307, { location: new URL(url, this.redirectTo).href }).end();
      return;
    }
    if (method === 'PUT') {
      this.outputs.set(url, await buffer(request));
      response.writeHead(204).end();
      return;
    }
    const content = this.#artifacts.get(url);
    if (!content) {
      response.writeHead(404).end();
      return;
    }
    this.#send(content, headers.range, response);
  }

  #send(content: Buffer, range: string | undefined, response: ServerResponse): void {
    const start = this.hasRanges ? Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0) : 0;
    const rest = Buffer.from(content.subarray(start));
    if (this.corruptNext > 0) {
      this.corruptNext -= 1;
      rest.reverse();
    }
    const isPart = start > 0;
    response.writeHead(isPart ? 206 : 200, {
      'content-length': rest.length,
      ...(isPart && { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
    });
    if (this.cutNext > 0) {
      this.cutNext -= 1;
      response.write(rest.subarray(0, Math.floor(rest.length / 2)), () => response.destroy());
      return;
    }
    response.end(rest);
  }
}
