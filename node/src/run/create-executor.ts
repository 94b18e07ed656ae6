import type { NodeConfig } from '../config/config.ts';
import type { DatasetRegistry } from '../data/registry.ts';
import type { Home } from '../home/home.ts';
import type { Identity } from '../home/identity.ts';
import type { Logger } from '../logging/logger.ts';
import type { LogSender } from '../logs/log-sender.ts';
import type { Spool } from '../spool/spool.ts';
import type { Executor } from './executor.ts';
import { InstantExecutor } from './instant-executor.ts';

export interface ExecutorContext {
  readonly config: NodeConfig;
  readonly home: Home;
  readonly identity: Identity;
  readonly registry: DatasetRegistry;
  readonly logSender: LogSender;
  readonly logger: Logger;
  readonly spool: Pick<Spool, 'recovered'>;
}

/** An executor, and what the hub is told about the engine behind it. */
export interface ReadyExecutor extends AsyncDisposable {
  readonly executor: Executor;
  readonly engine: { readonly kind: string; readonly version: string };
}

export async function createExecutor(context: ExecutorContext): Promise<ReadyExecutor> {
  switch (context.config.executor) {
    case 'instant':
      return {
        executor: new InstantExecutor(),
        engine: { kind: 'instant', version: '' },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    case 'container':
      throw new Error('not yet');
    default:
      return context.config.executor satisfies never;
  }
}
