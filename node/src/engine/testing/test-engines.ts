import { PATH } from '../bubblewrap/sandbox-arguments.ts';
import { SlurmEngine } from '../slurm/slurm-engine.ts';

/** The test runner's cluster, with quicker looks than a real one should be bothered with. `commands`: a folder that comes first on the PATH. */
export function openTestSlurm(jobs: string, commands?: string): Promise<SlurmEngine> {
  const config = process.env.WEIR_TEST_SLURM;
  if (config === undefined)
    throw new Error('WEIR_TEST_SLURM names no cluster; run: npm test -- --only engine');
  return SlurmEngine.open({
    jobs,
    config,
    path: commands === undefined ? PATH : `${commands}:${PATH}`,
    place: { partition: null, account: null, qos: null },
    inner: { kind: 'bubblewrap', root: null },
    pollMs: 50,
    queueMs: 1_000,
    patienceMs: 20_000,
  });
}
