import type { NodeConfig } from '../config/config.ts';
import { BubblewrapEngine } from '../engine/bubblewrap/bubblewrap-engine.ts';
import { DockerEngine } from '../engine/docker/docker-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { EngineError } from '../engine/errors.ts';
import { ScriptedEngine } from '../engine/scripted/scripted-engine.ts';
import type { Logger } from '../logging/logger.ts';

type EngineConfig = Pick<NodeConfig, 'engine' | 'engineHost' | 'runtimeDirectory'>;

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

function connect({ engineHost, runtimeDirectory }: EngineConfig): Promise<DockerEngine> {
  return DockerEngine.connect({
    host: engineHost ?? undefined,
    runtimeDirectory: runtimeDirectory ?? undefined,
  });
}
