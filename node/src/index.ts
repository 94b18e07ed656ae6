import type { NodeConfig } from './config/config.ts';
import { SOFTWARE_VERSION } from './config/version.ts';
import { RunBoard } from './console/run-board.ts';
import { startNodeConsole } from './console/start.ts';
import { DatasetRegistry } from './data/registry.ts';
import { homeAt, makeHome } from './home/home.ts';
import { type Identity, readCredentials, readIdentity } from './home/identity.ts';
import { removeLeftovers } from './home/leftovers.ts';
import { lockHome } from './home/lock.ts';
import { SiteNodes } from './home/site-nodes.ts';
import { LedgerInbox } from './ledger/inbox.ts';
import { openLedgerOf } from './ledger/of-home.ts';
import type { Backoff } from './link/backoff.ts';
import { dial } from './link/dial.ts';
import { makeHello } from './link/hello.ts';
import { Link } from './link/link.ts';
import { ProgressReports } from './link/progress.ts';
import { createLogger, type Logger } from './logging/logger.ts';
import { LogSender } from './logs/log-sender.ts';
import { Activity } from './loops/activity.ts';
import { DatasetWatch } from './loops/dataset-watch.ts';
import { drain } from './loops/drain.ts';
import { Heartbeat } from './loops/heartbeat.ts';
import { Intake } from './loops/intake.ts';
import { Renewal } from './loops/renewal.ts';
import { StatusWatch } from './loops/status-watch.ts';
import { PeopleDesk } from './people/desk.ts';
import { PolicyFile } from './policy/policy-file.ts';
import { policyRecorder } from './policy/policy-recorder.ts';
import { ReceiptSigner } from './receipts/sign.ts';
import { createExecutor, type ExecutorContext, type ReadyExecutor } from './run/create-executor.ts';
import { Runs } from './run/runs.ts';
import { Reporter } from './spool/reporter.ts';
import { Spool } from './spool/spool.ts';

/** A node at work. Disposing of it stops it as it stands: runs are not waited for, the next life goes on with them. */
export interface RunningNode extends AsyncDisposable {
  readonly identity: Identity;
  /**
   * Takes no more runs and resolves when those in flight are over and reported. When `signal` aborts, runs still in flight are
   * interrupted: they stop and are reported as such, and the hub has them done again.
   */
  drain(signal: AbortSignal): Promise<void>;
  /** Where the steward enters the console, once; a secret. Null without a console. */
  readonly consoleEntrance: string | null;
  /** Resolves when somebody has asked in the console that the node finish its runs and end. */
  readonly stopAsked: Promise<void>;
  /** Rejects when the node cannot go on: what it would have to write cannot be written. */
  readonly failure: Promise<never>;
}

export interface NodeOverrides {
  readonly logger?: Logger;
  readonly backoff?: Backoff;
  readonly executor?: (context: ExecutorContext) => Promise<ReadyExecutor>;
}

/** Starts the node that lives in `config.home`: builds everything once, goes on with what an earlier life left, and dials. */
export async function startNode(config: NodeConfig, overrides: NodeOverrides = {}): Promise<RunningNode> {
  const logger = overrides.logger ?? createLogger(config.logLevel);
  const home = homeAt(config.home);
  const identity = await readIdentity(home);
  await makeHome(home);
  await using owned = new AsyncDisposableStack();
  owned.use(await lockHome(home.lock));
  await removeLeftovers(home);
  let credentials = await readCredentials(home);
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const stopAsked = Promise.withResolvers<void>();
  const board = new RunBoard();

  const { ledger, receiptKey } = await openLedgerOf(home, logger.child({ part: 'ledger' }));
  owned.use(ledger);
  const inbox = owned.use(new LedgerInbox(ledger, logger.child({ part: 'ledger' })));
  await inbox.follow();
  const people = owned.use(
    await PeopleDesk.open(home.people, { ledger, logger: logger.child({ part: 'people' }) }),
  );
  const activity = await Activity.open({
    file: home.paused,
    ledger,
    onChange: () => {
      status.changed();
      intake.ask();
    },
  });
  const policy = new PolicyFile(home.policy, {
    logger: logger.child({ part: 'policy' }),
    record: policyRecorder(ledger),
  });
  const status = owned.use(
    await StatusWatch.start({
      activity,
      policyDigest: async () => (await policy.read().catch(() => null))?.digest ?? null,
      awaitingPeople: () => people.open().length,
      send: (status) => link.session?.status(status) ?? false,
    }),
  );
  const siteNodes = await SiteNodes.open(home.siteNodes, (err) =>
    logger.error({ err }, 'how many nodes the site has could not be written down'),
  );
  const spool = owned.use(await Spool.open(home.spool, logger.child({ part: 'spool' })));
  const registry = new DatasetRegistry(home);
  const datasets = owned.use(await DatasetWatch.start(registry, () => link.redial(), logger));

  const link: Link = new Link({
    dial: () => dial(identity.grpc, credentials),
    hello: () =>
      makeHello({
        engine,
        slots: config.slots,
        gpus: config.gpus,
        datasets: datasets.datasets,
        held: runs.held(),
        status: status.current(),
        receiptKey: receiptKey.publicKey,
        successions: ledger.successions,
      }),
    events: {
      onWelcome: (welcome) => {
        siteNodes.learn(welcome.siteNodes);
        heartbeat.start(welcome.leaseMs);
        status.changed();
        progress.again();
        reporter.retryNow();
        renewal.check();
        intake.ask();
      },
      onAssignment: (assignment) => {
        board.take(assignment);
        runs.accept(assignment);
        intake.ask();
      },
      onCancel: (attempt) => runs.cancel(attempt),
      onLost: (attempts) => runs.lose(attempts),
      onDrain: () => {},
      onHeartbeatAck: () => heartbeat.answered(),
      onDown: () => heartbeat.stop(),
    },
    logger: logger.child({ part: 'link' }),
    ...(overrides.backoff && { backoff: overrides.backoff }),
  });

  const logSender = owned.use(
    new LogSender({ append: (chunks) => link.appendLogs(chunks), logger: logger.child({ part: 'logs' }) }),
  );
  const {
    executor,
    engine,
    room = Number.POSITIVE_INFINITY,
    reservedBits = () => [],
  } = owned.use(
    await (overrides.executor ?? createExecutor)({
      config,
      home,
      identity,
      registry,
      policy,
      logSender,
      logger,
      spool,
      ledger,
      receiptKey,
      people,
      siteNodes,
    }),
  );
  await ledger.append({ kind: 'start', softwareVersion: SOFTWARE_VERSION, engine: engine.kind });
  const reporter = owned.use(
    new Reporter({
      report: (outcomes, bytes) => link.report(outcomes, bytes),
      onSettled: (attempt) => {
        runs.settle(attempt);
        intake.ask();
      },
      logger: logger.child({ part: 'reporter' }),
    }),
  );
  const progress = owned.use(new ProgressReports((states) => link.session?.progress(states)));
  const runs = new Runs({
    spool,
    executor,
    slots: config.slots,
    room,
    receipts: new ReceiptSigner(receiptKey, identity),
    logger,
    report: (pending) => reporter.add(pending),
    onState: (attempt, state, wait) => {
      board.note(attempt, state, wait);
      progress.note(attempt, state, wait);
    },
    onOver: (attempt) => {
      board.drop(attempt);
      progress.overtake(attempt);
    },
    onFreed: () => intake.ask(),
    onFatal: (error) => failure.reject(error),
  });
  const heartbeat = owned.use(
    new Heartbeat({
      held: () => runs.held(),
      send: (held) => link.session?.heartbeat(held),
      onSilence: () => {
        logger.warn('the hub no longer answers heartbeats; dialling again');
        link.redial();
      },
    }),
  );
  const intake = owned.use(
    new Intake({
      slots: config.slots,
      takesRuns: () => activity.state === 'working',
      load: () => runs,
      account: () => link.session,
    }),
  );
  const renewal = owned.use(
    new Renewal({
      home,
      identity,
      credentials,
      renew: (certificateRequest) => link.renewCertificate(certificateRequest),
      onRenewed: (renewed) => {
        credentials = renewed;
        link.redial();
      },
      logger: logger.child({ part: 'renewal' }),
    }),
  );
  owned.use(link);
  const console =
    config.consolePort === null
      ? null
      : owned.use(
          await startNodeConsole({
            config,
            home,
            identity,
            registry,
            ledger,
            activity,
            people,
            board,
            engine,
            room,
            receiptKey,
            credentials: () => credentials,
            reservedBits,
            siteNodes,
            isConnected: () => link.session !== null,
            load: () => runs,
            stop: () => stopAsked.resolve(),
            logger: logger.child({ part: 'console' }),
            port: config.consolePort,
          }),
        );

  for (const assignment of spool.recovered.held) board.take(assignment);
  runs.resume();
  link.start().catch((error: unknown) => failure.reject(error));
  const stack = owned.move();
  return {
    identity,
    failure: failure.promise,
    consoleEntrance: console?.entrance ?? null,
    stopAsked: stopAsked.promise,
    drain: (signal) => drain({ intake, activity, runs, reporter, logger }, signal),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
