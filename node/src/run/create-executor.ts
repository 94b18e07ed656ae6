import { ArtifactCache } from '../cache/artifact-cache.ts';
import type { NodeConfig } from '../config/config.ts';
import type { DatasetRegistry } from '../data/registry.ts';
import { Books } from '../egress/books.ts';
import { BucketEnds } from '../egress/bucket-ends.ts';
import { Budgets, type ReservedBits } from '../egress/budgets.ts';
import { EgressDesk } from '../egress/desk.ts';
import type { Home } from '../home/home.ts';
import { fingerprintOf, type Identity, readAuthority } from '../home/identity.ts';
import type { SiteNodes } from '../home/site-nodes.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Logger } from '../logging/logger.ts';
import type { LogSender } from '../logs/log-sender.ts';
import type { PeopleDesk } from '../people/desk.ts';
import type { PolicyFile } from '../policy/policy-file.ts';
import type { ReceiptKey } from '../receipts/key.ts';
import type { Spool } from '../spool/spool.ts';
import { ContainerExecutor } from './container-executor.ts';
import { createEngine } from './create-engine.ts';
import { measureRoom } from './disk-room.ts';
import type { Executor } from './executor.ts';
import { InstantExecutor } from './instant-executor.ts';

export interface ExecutorContext {
  readonly config: NodeConfig;
  readonly home: Home;
  readonly identity: Identity;
  readonly registry: DatasetRegistry;
  readonly policy: PolicyFile;
  readonly logSender: LogSender;
  readonly logger: Logger;
  readonly spool: Pick<Spool, 'recovered'>;
  readonly ledger: Ledger;
  readonly receiptKey: ReceiptKey;
  readonly people: PeopleDesk;
  readonly siteNodes: Pick<SiteNodes, 'count'>;
}

/** An executor, and what the hub is told about the engine behind it. */
export interface ReadyExecutor extends AsyncDisposable {
  readonly executor: Executor;
  readonly engine: { readonly kind: string; readonly version: string };
  /** Bytes on disk that runs may have together; without bound for one that writes nothing. */
  readonly room?: number;
  /** Put aside for runs that have begun and may still tell something. */
  readonly reservedBits?: () => readonly ReservedBits[];
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
      return await createContainerExecutor(context);
    default:
      return context.config.executor satisfies never;
  }
}

async function createContainerExecutor(context: ExecutorContext): Promise<ReadyExecutor> {
  const { config, home, identity, registry, policy, logSender, logger, spool, ledger, people, siteNodes } =
    context;
  const engine = await createEngine(config, logger);
  const version = await engine.probe();
  const held = spool.recovered.held.map(({ runId, attempt }) => ({ runId, attempt }));
  const books = await Books.open(ledger, held);
  const budgets = new Budgets(books);
  const executor = new ContainerExecutor({
    nodeId: identity.nodeId,
    hubUrl: identity.hubUrl,
    hub: {
      hub: identity.hub,
      hubFingerprint: fingerprintOf(await readAuthority(home)),
      get nodesOfSite() {
        return siteNodes.count;
      },
    },
    root: home.runs,
    engine,
    minFreeBytes: config.minFreeBytes,
    cache: await ArtifactCache.open({
      folder: home.cache,
      maxBytes: config.cacheBytes,
      hubUrl: identity.hubUrl,
      logger: logger.child({ part: 'cache' }),
    }),
    policy,
    registry,
    books,
    budgets,
    bucketEnds: new BucketEnds(),
    desk: new EgressDesk({ books, people }),
    people,
    logSender,
    logger,
  });
  await executor.removeLeftovers(held);
  return {
    executor,
    engine: version,
    ...(engine.kind !== 'scripted' && { room: await measureRoom(home, config) }),
    reservedBits: () => budgets.reserved(),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}
