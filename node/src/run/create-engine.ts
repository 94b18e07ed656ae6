import type { NodeConfig } from '../config/config.ts';
import type { SiteEngines } from '../config/engine-config.ts';
import { ApptainerEngine, type ApptainerOptions } from '../engine/apptainer/apptainer-engine.ts';
import { BubblewrapEngine } from '../engine/bubblewrap/bubblewrap-engine.ts';
import { DockerEngine } from '../engine/docker/docker-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { EngineError } from '../engine/errors.ts';
import { ScriptedEngine } from '../engine/scripted/scripted-engine.ts';
import type { InnerEngine } from '../engine/slurm/inner-engine.ts';
import { SlurmEngine } from '../engine/slurm/slurm-engine.ts';
import type { Logger } from '../logging/logger.ts';

type EngineConfig = Pick<NodeConfig, 'engine' | 'engineHost' | 'runtimeDirectory' | 'siteEngines'>;

/** The engine that the configuration names; `auto` takes Docker or Podman where one answers, else bubblewrap. */
export async function createEngine(config: EngineConfig, logger: Logger): Promise<Engine> {
  switch (config.engine) {
    case 'auto':
      return await findEngine(config, logger);
    case 'docker':
    case 'podman':
      return await connect(config);
    case 'bubblewrap':
      return await BubblewrapEngine.open();
    case 'apptainer':
      return await ApptainerEngine.open(apptainerOf(config.siteEngines));
    case 'slurm':
      return await openSlurm(config.siteEngines);
    case 'scripted':
      return new ScriptedEngine();
    default:
      return config.engine satisfies never;
  }
}

async function findEngine(config: EngineConfig, logger: Logger): Promise<Engine> {
  try {
    return await connect(config);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    logger.info({ reason: error.message }, 'no Docker or Podman; trying bubblewrap');
    return await BubblewrapEngine.open();
  }
}

function openSlurm(engines: SiteEngines): Promise<SlurmEngine> {
  const { containers, jobs, config, path, partition, account, qos, root } = engines.slurm;
  const inner: InnerEngine =
    containers === 'apptainer' ? { kind: containers, ...apptainerOf(engines) } : { kind: containers, root };
  return SlurmEngine.open({ jobs, config, path, place: { partition, account, qos }, inner });
}

function apptainerOf({ images, pullImages }: SiteEngines): ApptainerOptions {
  return { images, pull: pullImages };
}

function connect({ engineHost, runtimeDirectory }: EngineConfig): Promise<DockerEngine> {
  return DockerEngine.connect({
    host: engineHost ?? undefined,
    runtimeDirectory: runtimeDirectory ?? undefined,
  });
}
