import { join } from 'node:path';
import { InvalidConfigError } from './errors.ts';

export const ENGINE_CHOICES = [
  'auto',
  'docker',
  'podman',
  'bubblewrap',
  'apptainer',
  'slurm',
  'scripted',
] as const;
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

/** What the engines that a site sets up itself have to be told. */
export interface SiteEngines {
  /** Of Apptainer: where the site's SIF files lie, and whether others may be pulled. */
  readonly images: string;
  readonly pullImages: boolean;
  readonly slurm: {
    /** What runs containers on the compute nodes. */
    readonly containers: 'bubblewrap' | 'apptainer';
    /** A folder that compute nodes see under the same path. */
    readonly jobs: string;
    /** As SLURM_CONF; null for where Slurm looks by itself. */
    readonly config: string | null;
    readonly path: string;
    readonly partition: string | null;
    readonly account: string | null;
    readonly qos: string | null;
    /** A root file system for bubblewrap on the compute nodes; null for their own software. */
    readonly root: string | null;
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

const USUAL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function toSiteEngines(home: string, env: Environment): SiteEngines {
  const containers = env.WEIR_NODE_SLURM_CONTAINERS ?? 'bubblewrap';
  if (containers !== 'bubblewrap' && containers !== 'apptainer') {
    throw new InvalidConfigError(
      'WEIR_NODE_SLURM_CONTAINERS',
      `is "${containers}", but has to be bubblewrap or apptainer`,
    );
  }
  return {
    images: env.WEIR_NODE_IMAGES ?? join(home, 'images'),
    pullImages: toSwitch('WEIR_NODE_PULL_IMAGES', env.WEIR_NODE_PULL_IMAGES ?? 'yes'),
    slurm: {
      containers,
      jobs: env.WEIR_NODE_SLURM_JOBS ?? join(home, 'jobs'),
      config: env.SLURM_CONF ?? null,
      path: env.PATH ?? USUAL_PATH,
      partition: env.WEIR_NODE_SLURM_PARTITION ?? null,
      account: env.WEIR_NODE_SLURM_ACCOUNT ?? null,
      qos: env.WEIR_NODE_SLURM_QOS ?? null,
      root: env.WEIR_NODE_SLURM_ROOT ?? null,
    },
  };
}

function toSwitch(name: string, word: string): boolean {
  if (word !== 'yes' && word !== 'no')
    throw new InvalidConfigError(name, `is "${word}", but has to be yes or no`);
  return word === 'yes';
}
