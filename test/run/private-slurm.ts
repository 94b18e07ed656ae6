import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { cpus, hostname, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../deploy/start/ports.ts';
import { Daemon } from './daemon.ts';
import { serverFolder } from './server-folder.ts';

const run = promisify(execFile);
const MiB = 2 ** 20;
const NODE = 'weir-test';

export interface TestSlurm extends AsyncDisposable {
  /** As in SLURM_CONF. */
  config: string;
}

/**
 * A cluster of this one machine, on loopback, with keys, settings and state of its own: munged, slurmctld and slurmd in the foreground. Processes are
 * tracked by their parents and not limited, as no control groups are needed for that; the node's inner engine limits them.
 */
export async function openSlurm(): Promise<TestSlurm> {
  await using owned = new AsyncDisposableStack();
  const folder = await serverFolder('slurm', owned);
  await chmod(folder, 0o755);
  const munge = join(folder, 'munge.sock');
  owned.use(await startMunge(folder, munge));
  const config = await configure(folder, munge);
  const env = { ...process.env, SLURM_CONF: config };
  owned.use(
    await Daemon.start({
      program: 'slurmctld',
      args: ['-D', '-f', config],
      env,
      log: join(folder, 'slurmctld.out'),
      isUp: () => run('scontrol', ['ping'], { env }),
    }),
  );
  owned.use(
    await Daemon.start({
      program: 'slurmd',
      args: ['-D', '-N', NODE, '-f', config],
      env,
      log: join(folder, 'slurmd.out'),
      isUp: async () => {
        const { stdout } = await run('sinfo', ['--noheader', '--format=%T'], { env });
        if (!stdout.startsWith('idle')) throw new Error(`the node is ${stdout}`);
      },
    }),
  );
  owned.defer(async () => {
    // Jobs would outlive the cluster.
    await run('scancel', ['--full', '--signal=KILL', '--user=root'], { env }).catch(() => undefined);
  });
  const stack = owned.move();
  return { config, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function startMunge(folder: string, socket: string): Promise<Daemon> {
  const own = join(folder, 'munge');
  await mkdir(own, { mode: 0o700 });
  const key = join(own, 'key');
  await writeFile(key, randomBytes(128), { mode: 0o400 });
  return Daemon.start({
    program: 'munged',
    args: [
      '--foreground',
      // What it minds is that the folder above belongs to everybody.
      '--force',
      `--socket=${socket}`,
      `--key-file=${key}`,
      `--log-file=${join(own, 'log')}`,
      `--pid-file=${join(own, 'pid')}`,
      `--seed-file=${join(own, 'seed')}`,
      '--num-threads=2',
    ],
    log: join(folder, 'munged.out'),
    isUp: () => run('munge', ['--no-input', `--socket=${socket}`]),
  });
}

async function configure(folder: string, munge: string): Promise<string> {
  const [controller, compute] = [await freePort(), await freePort()];
  for (const name of ['state', 'spool']) {
    await mkdir(join(folder, name));
    await chown(join(folder, name), process.getuid?.() ?? 0, process.getgid?.() ?? 0);
  }
  const config = join(folder, 'slurm.conf');
  await writeFile(
    config,
    `ClusterName=${NODE}
SlurmctldHost=${hostname()}(127.0.0.1)
MailProg=/bin/true
SlurmctldPort=${controller}
SlurmdPort=${compute}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${munge}
StateSaveLocation=${join(folder, 'state')}
SlurmdSpoolDir=${join(folder, 'spool')}
SlurmctldPidFile=${join(folder, 'slurmctld.pid')}
SlurmdPidFile=${join(folder, 'slurmd.pid')}
SlurmctldLogFile=${join(folder, 'slurmctld.log')}
SlurmdLogFile=${join(folder, 'slurmd.log')}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
KillWait=5
MinJobAge=60
SlurmdParameters=config_overrides
NodeName=${NODE} NodeAddr=127.0.0.1 CPUs=${Math.max(8, cpus().length)} RealMemory=${Math.floor(totalmem() / MiB)} State=UNKNOWN
PartitionName=test Nodes=${NODE} Default=YES MaxTime=INFINITE State=UP
`,
  );
  return config;
}
