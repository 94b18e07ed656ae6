import type { ContainerExit } from '../engine.ts';

/** What of a container's state says how it ended. */
export interface EndState {
  readonly ExitCode: number;
  readonly OOMKilled: boolean;
}

export interface ExitFacts {
  /** Podman says `OOMKilled` rightly since its version 5; null for Docker, which always did. */
  readonly podmanMajor: number | null;
  /** The end of what the container printed on stderr. */
  readonly lastWords: string;
}

const KILLED = 137;
const PODMAN_KNOWS_MEMORY_SINCE = 5;
const CANNOT_START = 1;

/**
 * How a container ended that nobody asked to end. Before version 5, Podman does not know of the kernel's killing for memory, so there every SIGKILL that
 * was not the node's counts as one. Podman's init process ends with 1 when it cannot start the command, and says why.
 */
export function exitOf(state: EndState, facts: ExitFacts): ContainerExit {
  const { ExitCode: code } = state;
  if (state.OOMKilled && code !== 0) return { kind: 'out-of-memory' };
  if (facts.podmanMajor === null) return { kind: 'exited', code };
  if (facts.podmanMajor < PODMAN_KNOWS_MEMORY_SINCE && code === KILLED) return { kind: 'out-of-memory' };
  const [, reason] = /^ERROR \(catatonit:\d+\): failed to exec pid1: (.+)$/m.exec(facts.lastWords) ?? [];
  if (code === CANNOT_START && reason !== undefined) {
    return { kind: 'exited', code: reason.startsWith('No such file') ? 127 : 126 };
  }
  return { kind: 'exited', code };
}
