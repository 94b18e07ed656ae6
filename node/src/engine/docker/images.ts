import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { ImageInspectInfo } from 'dockerode';
import { EngineError, ImageUnavailableError } from '../errors.ts';
import { isNotFound } from './responses.ts';

const PULL_TRIES = 3;
const PAUSE_BETWEEN_TRIES_MS = 5_000;

/** The image as the engine has it, pulled first when it has not. Rejects with ImageUnavailableError. */
export async function obtainImage(
  docker: Docker,
  reference: string,
  signal: AbortSignal,
): Promise<ImageInspectInfo> {
  const present = await findImage(docker, reference);
  if (present !== undefined) return present;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await pull(docker, reference, signal);
      break;
    } catch (cause) {
      signal.throwIfAborted();
      if (attempt === PULL_TRIES) throw new ImageUnavailableError(reference, cause);
      await delay(PAUSE_BETWEEN_TRIES_MS, undefined, { signal });
    }
  }
  const pulled = await findImage(docker, reference);
  if (pulled === undefined) throw new ImageUnavailableError(reference, undefined);
  return pulled;
}

export async function findImage(docker: Docker, reference: string): Promise<ImageInspectInfo | undefined> {
  try {
    return await docker.getImage(reference).inspect();
  } catch (cause) {
    if (isNotFound(cause)) return undefined;
    throw new EngineError(`the engine could not be asked for the image ${reference}`, { cause });
  }
}

/** A pull answers 200 at once and tells of its failure inside the progress stream, so the stream is followed to its end. */
async function pull(docker: Docker, reference: string, signal: AbortSignal): Promise<void> {
  const named = withTag(reference);
  const progress = await docker.pull(named, { abortSignal: signal });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(
      progress,
      (error) => (error ? reject(error) : resolve()),
      (event: { error?: string }) => {
        if (event.error !== undefined) reject(new Error(event.error));
      },
    );
  });
}

/** Without a tag or digest the engine would pull every tag of the repository. */
function withTag(reference: string): string {
  const lastPart = reference.slice(reference.lastIndexOf('/') + 1);
  return lastPart.includes(':') || lastPart.includes('@') ? reference : `${reference}:latest`;
}
