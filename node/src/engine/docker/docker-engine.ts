import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { Container, ImageInspectInfo } from 'dockerode';
import { containerUser } from '../container-user.ts';
import type {
  ContainerExit,
  ContainerSpec,
  ContainerWatch,
  Engine,
  EngineVersion,
  PreparedImage,
} from '../engine.ts';
import { EngineError, ImageUnavailableError } from '../errors.ts';
import { LastWords } from '../last-words.ts';
import { connectDocker, type DockerAddress } from './connect.ts';
import { containerOptions, hasLabels } from './container-options.ts';
import { exitOf } from './exits.ts';
import { findImage, obtainImage } from './images.ts';
import { mostProcesses } from './most-processes.ts';
import { forwardOutput } from './output.ts';
import { isConflict, isNotFound } from './responses.ts';
import { floorProfile, linkDenyingProfile } from './seccomp-profile.ts';

/** How long the end of the output may lag behind the container's exit. */
const OUTPUT_END_MS = 10_000;
const PROBE_MS = 5_000;

/**
 * Docker, or Podman behind its Docker-compatible socket. Containers outlive the node, so a node that comes back adopts them by name.
 *
 *   create -> attach -> start -> wait -> inspect -> remove
 *      \ name taken: adopt -> read the kept log, follow -> wait ...
 *
 * The exit is awaited with the condition `not-running`, after the start: containers are never removed by the engine itself (no AutoRemove), so
 * the answer is right whether the container still runs or has long ended, and a wait that was cut can simply be sent again.
 */
export class DockerEngine implements Engine {
  readonly kind: 'docker' | 'podman';
  readonly user = containerUser();
  readonly outlivesNode = true;
  readonly #docker: Docker;
  readonly #version: string;
  readonly #rootlessPodman: boolean;
  #profiles: Promise<ProfileFiles> | null = null;

  private constructor(docker: Docker, facts: { podman: boolean; rootless: boolean; version: string }) {
    this.#docker = docker;
    this.kind = facts.podman ? 'podman' : 'docker';
    this.#version = facts.version;
    this.#rootlessPodman = facts.podman && facts.rootless;
  }

  /** Connects and asks the engine what it is. Rejects with EngineError when none answers. */
  static async connect(address: DockerAddress): Promise<DockerEngine> {
    const docker = connectDocker(address);
    try {
      const [version, info] = await within(PROBE_MS, Promise.all([docker.version(), docker.info()]));
      return new DockerEngine(docker, {
        version: version.Version,
        podman: version.Components?.some(({ Name }) => Name.startsWith('Podman')) ?? false,
        rootless:
          (info.SecurityOptions as string[] | undefined)?.some((o) => o.includes('rootless')) ?? false,
      });
    } catch (cause) {
      throw new EngineError(
        'the container engine does not answer; is it running, and may this user speak to it?',
        {
          cause,
        },
      );
    }
  }

  async probe(): Promise<EngineVersion> {
    try {
      await within(PROBE_MS, this.#docker.ping());
      return { kind: this.kind, version: this.#version };
    } catch (cause) {
      throw new EngineError('the container engine does not answer', { cause });
    }
  }

  async prepareImage(reference: string, signal: AbortSignal): Promise<PreparedImage> {
    const image = await obtainImage(this.#docker, reference, signal);
    return { reference, digest: image.Id };
  }

  async run(spec: ContainerSpec, watch: ContainerWatch): Promise<ContainerExit> {
    if (watch.signal.aborted) {
      await this.#remove(spec.name);
      return { kind: 'killed' };
    }
    const stderr = new LastWords();
    const { container, output } = await this.#startOrAdopt(spec, stderr.listenTo(watch));
    const kill = () => void container.kill().catch(ignoreGone);
    watch.signal.addEventListener('abort', kill);
    if (watch.signal.aborted) kill();
    try {
      await container.wait({ condition: 'not-running' });
      await Promise.race([output, timeout(OUTPUT_END_MS)]);
      const { State } = await container.inspect();
      if (watch.signal.aborted) return { kind: 'killed' };
      return exitOf(State, { podmanMajor: this.#podmanMajor, lastWords: stderr.words });
    } catch (cause) {
      throw new EngineError(`the engine lost the container ${spec.name}`, { cause });
    } finally {
      watch.signal.removeEventListener('abort', kill);
      await this.#remove(spec.name);
    }
  }

  async removeLeftovers(nodeId: string, keep: ReadonlySet<string>): Promise<string[]> {
    const filters = { label: [`weir.node=${nodeId}`] };
    const found = await this.#docker.listContainers({ all: true, filters }).catch((cause) => {
      throw new EngineError('the engine could not list its containers', { cause });
    });
    const names = found.flatMap((container) => container.Names.map((name) => name.replace(/^\//, '')));
    const leftovers = names.filter((name) => !keep.has(name));
    await Promise.all(leftovers.map((name) => this.#remove(name)));
    return leftovers;
  }

  async remove(_nodeId: string, names: ReadonlySet<string>): Promise<void> {
    await Promise.all([...names].map((name) => this.#remove(name)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#profiles !== null) await rm((await this.#profiles).folder, { recursive: true, force: true });
  }

  async #startOrAdopt(spec: ContainerSpec, watch: ContainerWatch): Promise<Started> {
    const image = await findImage(this.#docker, spec.image.digest ?? spec.image.reference);
    if (image === undefined) throw new ImageUnavailableError(spec.image.reference, undefined);
    try {
      return await this.#start(await this.#create(spec, image), watch);
    } catch (cause) {
      if (cause instanceof NameTakenError) return await this.#adopt(spec, image, watch);
      await this.#remove(spec.name);
      throw new EngineError(`the engine could not start the container ${spec.name}`, { cause });
    }
  }

  async #create(spec: ContainerSpec, image: ImageInspectInfo): Promise<Container> {
    const options = containerOptions(spec, {
      user: this.user,
      imageVolumes: Object.keys(image.Config.Volumes ?? {}),
      keepUserId: this.#rootlessPodman,
      mostProcesses: this.kind === 'podman' ? await mostProcesses() : null,
      seccompProfile: await this.#seccompProfile(spec.denyLinks),
    });
    return await this.#docker.createContainer(options).catch((cause) => {
      throw isConflict(cause) ? new NameTakenError() : cause;
    });
  }

  get #podmanMajor(): number | null {
    return this.kind === 'podman' ? Number.parseInt(this.#version, 10) : null;
  }

  /** Docker's own profile is the floor. Podman's lets programs make user namespaces, and mount in them. */
  async #seccompProfile(denyLinks: boolean): Promise<string | null> {
    if (this.kind === 'docker') return denyLinks ? linkDenyingProfile : null;
    this.#profiles ??= writeProfiles();
    const { floor, denyingLinks } = await this.#profiles;
    return denyLinks ? denyingLinks : floor;
  }

  async #start(container: Container, watch: ContainerWatch): Promise<Started> {
    const stream = await container.attach({ stream: true, stdout: true, stderr: true });
    const output = forwardOutput(stream as AsyncIterable<Buffer> & NodeJS.ReadWriteStream, watch).catch(
      ignoreGone,
    );
    await container.start();
    watch.onStarted?.(new Date());
    return { container, output };
  }

  async #adopt(spec: ContainerSpec, image: ImageInspectInfo, watch: ContainerWatch): Promise<Started> {
    try {
      const container = this.#docker.getContainer(spec.name);
      const found = await container.inspect();
      if (!hasLabels(found.Config.Labels, spec.labels)) {
        throw new Error('a container of this name exists that is none of this node; remove it');
      }
      if (found.State.Status === 'created') {
        await this.#remove(spec.name);
        return await this.#start(await this.#create(spec, image), watch);
      }
      if (found.State.Running) watch.onStarted?.(new Date(found.State.StartedAt));
      const stream = await container.logs({ follow: true, stdout: true, stderr: true });
      const output = forwardOutput(stream as AsyncIterable<Buffer> & NodeJS.ReadableStream, watch).catch(
        ignoreGone,
      );
      return { container, output };
    } catch (cause) {
      throw new EngineError(`the engine could not take up the container ${spec.name} again`, { cause });
    }
  }

  async #remove(name: string): Promise<void> {
    try {
      await this.#docker.getContainer(name).remove({ force: true, v: true });
    } catch (cause) {
      if (isNotFound(cause) || isConflict(cause)) return;
      throw new EngineError(`the engine could not remove the container ${name}`, { cause });
    }
  }
}

/** Where Podman reads its profiles, each time a container is made. */
interface ProfileFiles {
  readonly folder: string;
  readonly floor: string;
  readonly denyingLinks: string;
}

async function writeProfiles(): Promise<ProfileFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-seccomp-'));
  const [floor, denyingLinks] = [join(folder, 'floor.json'), join(folder, 'deny-links.json')];
  await Promise.all([writeFile(floor, floorProfile), writeFile(denyingLinks, linkDenyingProfile)]);
  return { folder, floor, denyingLinks };
}

/** A container of that name exists: this node's own from an earlier life, or none of it. */
class NameTakenError extends Error {}

interface Started {
  readonly container: Container;
  /** Resolves at the end of the output. */
  readonly output: Promise<void>;
}

function within<Answer>(milliseconds: number, answer: Promise<Answer>): Promise<Answer> {
  const late = timeout(milliseconds).then(() => {
    throw new Error(`no answer within ${milliseconds} ms`);
  });
  return Promise.race([answer, late]);
}

function timeout(milliseconds: number): Promise<void> {
  return delay(milliseconds, undefined, { ref: false });
}

/** The container ended before it could be killed, or its stream was cut; either shows in what `wait` and `inspect` say. */
function ignoreGone(): void {}
