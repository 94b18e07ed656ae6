/**
 * What executes containers at a site. The node's run state machine speaks to this interface alone; `docker` (which also serves Podman's
 * socket), `bubblewrap`, `apptainer`, `slurm` and `scripted` implement it, and one conformance suite holds them all to it.
 *
 * The floor, which no caller can lower: no network, a user other than root, no capabilities, no new privileges, a read-only root, and the
 * limits of the spec. Nothing of the host is visible but the mounts.
 *
 * Order of calls: `prepareImage`, then `run` for each container; `removeLeftovers` once when the node starts, and
 * `remove` for what was kept then and is given up instead of being run again.
 *
 * Restart: `run` is idempotent by `spec.name`. When a container of that name, made by an earlier life of this node, still exists, an engine
 * whose containers outlive the node adopts it: its output is read again from the beginning and its exit awaited. Others start it anew.
 *
 * Cancellation: when `signal` aborts, `run` kills the container, removes it, and *resolves* with `killed`; it rejects only when the engine
 * itself failed. Whatever way it ends, the container is gone when it settles.
 */
export interface Engine extends AsyncDisposable {
  readonly kind: EngineKind;

  /** Whom the containers run as, on the host. Never root. The caller makes the mounts readable and writable for it. */
  readonly user: ContainerUser;

  /** Whether containers go on while the node is away, so that a node that comes back adopts them. See "Restart" above. */
  readonly outlivesNode: boolean;

  /** Asks the engine who it is. Rejects with EngineError when it does not answer within seconds. */
  probe(): Promise<EngineVersion>;

  /**
   * Makes sure that the image is at hand: uses it when present, pulls it when not and the engine can.
   * Rejects with ImageUnavailableError when it cannot be had.
   */
  prepareImage(reference: string, signal: AbortSignal): Promise<PreparedImage>;

  /** Runs one container to its end. See above for restart and cancellation. */
  run(spec: ContainerSpec, watch: ContainerWatch): Promise<ContainerExit>;

  /** Removes containers labelled with `nodeId` whose name is not in `keep`. Returns the names of those removed. */
  removeLeftovers(nodeId: string, keep: ReadonlySet<string>): Promise<string[]>;

  /** Removes those of these containers of an earlier life of the node that exist, whatever they are doing. None of them is being run. */
  remove(nodeId: string, names: ReadonlySet<string>): Promise<void>;
}

export type EngineKind = 'docker' | 'podman' | 'bubblewrap' | 'apptainer' | 'slurm' | 'scripted';

export interface EngineVersion {
  readonly kind: EngineKind;
  readonly version: string;
}

export interface PreparedImage {
  readonly reference: string;
  /** sha256:<hex> of the image, or null for engines without images. */
  readonly digest: string | null;
}

export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
}

/** One container. All paths of the host are absolute. */
export interface ContainerSpec {
  /** Unique for a container of an attempt: `weir-<node>-<run>-<attempt>-<role>`. */
  readonly name: string;
  readonly labels: ContainerLabels;
  readonly image: PreparedImage;
  /** Executed as it is, without a shell; by Docker and Podman behind the image's entrypoint if it has one. */
  readonly command: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly limits: ContainerLimits;
  /**
   * Refuse every system call that makes a link or a special file. For participant code that shares a live folder with a container that
   * sees reference data: a link made here would be followed there.
   */
  readonly denyLinks: boolean;
}

export interface ContainerLabels {
  readonly node: string;
  readonly run: string;
  readonly attempt: string;
  readonly role: ContainerRole;
}

export type ContainerRole = 'prediction' | 'prediction-ingestion' | 'scoring' | 'scoring-ingestion';

export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface ContainerLimits {
  readonly memoryBytes: number;
  readonly cpuMillis: number;
  readonly pids: number;
  /** How many it gets for itself. An engine that cannot give any rejects the container with EngineError when it is not zero. */
  readonly gpus: number;
  /** How long it may run. The caller sees to that; an engine that books time in advance books this much. */
  readonly seconds: number;
  /** Size of the writable scratch at /tmp, and of any single file. What a step writes to its mounts is watched by the caller. */
  readonly scratchBytes: number;
  readonly fileBytes: number;
}

export interface ContainerWatch {
  /** Aborting kills the container. */
  readonly signal: AbortSignal;
  /**
   * Called once, when the container runs, with the moment since when: in the past for one that was adopted, and later than the call of `run`
   * where it waited for its turn. Not called for a container that was over before it could be adopted.
   */
  onStarted?(since: Date): void;
  /** Called with what the container prints, in order for each stream; never awaited, so it must not be slow. */
  onOutput(stream: 'stdout' | 'stderr', bytes: Uint8Array): void;
}

/**
 * A command that is not found exits with 127 and one that is not executable with 126, as behind a shell; with an init process in front, an
 * engine cannot tell that from a program that chose these codes. A signal is 128 and its number.
 */
export type ContainerExit =
  | { readonly kind: 'exited'; readonly code: number }
  /** The kernel killed a process of it for its memory limit, and it did not end well in spite of that. */
  | { readonly kind: 'out-of-memory' }
  /** `signal` was aborted. */
  | { readonly kind: 'killed' };
