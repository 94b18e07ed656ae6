import { createHash } from 'node:crypto';

/** The image of the demonstration, and of whatever needs no more than Python and a shell. */
export const BASE_IMAGE = { repository: 'weir/python', tag: '3' };
export const BASE_IMAGE_NAME = `${BASE_IMAGE.repository}:${BASE_IMAGE.tag}`;

/** The label by which an image tells from which recipe it was made. */
export const RECIPE_LABEL = 'weir.recipe';

/** How a base image comes about: everything its content depends on. */
export interface Recipe {
  /** `debootstrap`: a fresh minimal Debian or Ubuntu. `host`: the Python of this machine and what it needs. */
  method: 'debootstrap' | 'host';
  /** The release it is taken from, such as `bookworm`. */
  release: string;
  architecture: string;
  packages: string[];
  /** Other names of commands: name -> command. */
  aliases: Record<string, string>;
  /** Paths left out of the image. */
  excluded: string[];
}

export const BASE_PACKAGES = ['python3'];

/** Most bundles and submissions start `python`, which Debian and Ubuntu have only as a package of its own, not always in `main`. */
export const ALIASES = { python: 'python3' };

/** Documentation and package indexes: half the size, and nothing that a program reads. */
export const EXCLUDED_PATHS = [
  './var/cache/*',
  './var/lib/apt/lists/*',
  './var/log/*',
  './usr/share/doc/*',
  './usr/share/man/*',
  './usr/share/locale/*',
  './usr/share/info/*',
  './dev/*',
  './proc/*',
  './sys/*',
  './tmp/*',
  './debootstrap',
];

/** Settings that `docker import` gives the image. */
export function imageChanges(recipe: Recipe): string[] {
  return [
    'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'ENV LANG=C.UTF-8',
    'CMD ["python3"]',
    `LABEL ${RECIPE_LABEL}=${recipeDigest(recipe)}`,
  ];
}

/** Identifies a recipe; the cached archive and the image carry it, so that a changed recipe is made anew. */
export function recipeDigest(recipe: Recipe): string {
  return createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16);
}
