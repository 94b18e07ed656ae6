import { access, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { debianRecipe, findMirror, writeDebianArchive } from './debian-root.ts';
import { findPython, hostRecipe, writeHostArchive } from './host-root.ts';
import { BASE_IMAGE_NAME, imageChanges, RECIPE_LABEL, type Recipe, recipeDigest } from './recipe.ts';

export { BASE_IMAGE_NAME } from './recipe.ts';

export interface BaseImageOptions {
  /** Where archives are kept between starts; by default `$WEIR_CACHE`, else `~/.cache/weir`. */
  cache?: string;
  /** Told what takes long, before it does. */
  onStep?: (text: string) => void;
}

/**
 * Makes sure that the engine has the image `weir/python:3`, without any registry: a minimal system from the mirror that
 * this machine's apt uses, else a copy of this machine's own Python. Does nothing when the image is there and was made
 * from one of today's recipes. @throws when there is neither.
 */
export async function ensureBaseImage(docker: Docker, options: BaseImageOptions = {}): Promise<void> {
  const onStep = options.onStep ?? (() => {});
  const sources = await findSources();
  const recipe = await findRecipeOf(docker);
  // An image of that name without the label was put there by somebody who knows why.
  if (recipe === '' || sources.some((source) => recipe === recipeDigest(source.recipe))) return;
  const failures: string[] = [];
  for (const source of sources) {
    try {
      const archive = await ensureArchive(source, options.cache ?? defaultCache(), onStep);
      onStep(`importing the image ${BASE_IMAGE_NAME}`);
      await importImage(docker, archive, source.recipe);
      return;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
      onStep(`that did not work: ${failures.at(-1)}`);
    }
  }
  throw new BaseImageError(failures);
}

/** There is no way to make the base image on this machine. */
export class BaseImageError extends Error {
  override readonly name = 'BaseImageError';
  readonly code = 'base_image';

  constructor(failures: string[]) {
    const tried =
      failures.length === 0 ? 'there is neither debootstrap (as root) nor Python 3' : failures.join('; ');
    super(
      `The image ${BASE_IMAGE_NAME} cannot be made on this machine: ${tried}. Install python3, or give the engine an image of that name with Python 3 in it.`,
    );
  }
}

async function ensureArchive(source: Source, cache: string, onStep: (text: string) => void): Promise<string> {
  const folder = join(cache, 'images');
  const archive = join(folder, `python-3-${recipeDigest(source.recipe)}.tar`);
  if (await isThere(archive)) return archive;
  onStep(source.announcement);
  await mkdir(folder, { recursive: true });
  // Two starts may make it at once; whoever is last replaces the same content.
  const unfinished = `${archive}.${process.pid}`;
  try {
    await source.write(unfinished);
    await rename(unfinished, archive);
  } finally {
    await rm(unfinished, { force: true });
  }
  return archive;
}

export function defaultCache(): string {
  return process.env.WEIR_CACHE || join(homedir(), '.cache', 'weir');
}

interface Source {
  recipe: Recipe;
  announcement: string;
  write(file: string): Promise<void>;
}

/** The ways to make the image that this machine allows, best first. */
async function findSources(): Promise<Source[]> {
  const sources: Source[] = [];
  const mirror = await findMirror();
  if (mirror) {
    sources.push({
      recipe: debianRecipe(mirror),
      announcement: `making a container image with Python from the packages of ${mirror.release} (about a minute, once)`,
      write: (file) => writeDebianArchive(file, mirror),
    });
  }
  const python = await findPython();
  if (python) {
    sources.push({
      recipe: hostRecipe(python.version),
      announcement: `making a container image from this machine's ${python.version}`,
      write: (file) => writeHostArchive(file, python.path),
    });
  }
  return sources;
}

/** The recipe of the image that the engine has, an empty text for an image made by others, null when there is none. */
async function findRecipeOf(docker: Docker): Promise<string | null> {
  try {
    const image = await docker.getImage(BASE_IMAGE_NAME).inspect();
    return image.Config.Labels?.[RECIPE_LABEL] ?? '';
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return null;
    throw error;
  }
}

async function importImage(docker: Docker, archive: string, recipe: Recipe): Promise<void> {
  const progress = await docker.importImage(archive, {
    // The tag with the name: Podman does not read the parameter `tag`.
    repo: BASE_IMAGE_NAME,
    changes: imageChanges(recipe),
  });
  // The engine reports a failed import inside the stream, with status 200.
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(progress, (error) => (error ? reject(error) : resolve()));
  });
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
