import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BundleOptions, codeSubmission, competitionBundle, zip } from '../../harness/challenge.ts';
import type { Person } from '../../harness/person.ts';
import { TestNetwork } from '../../harness/test-network.ts';
import { REFERENCE_MARK } from './attacks.ts';

/** Says whether it finds the answers anywhere; it holds their name in two halves that no compiler joins, so as not to find itself. */
const SEEKER = `import os
sought = ''.join([${JSON.stringify(REFERENCE_MARK.slice(0, 9))}, ${JSON.stringify(REFERENCE_MARK.slice(9))}]).encode()
def look():
    roots = ['/app', '/tmp', '/var', '/dev/shm', '/home', '/root', '/mnt', '/srv', '/run']
    for process in filter(str.isdigit, os.listdir('/proc')):
        roots += [f'/proc/{process}/{name}' for name in ['root/app', 'cwd', 'fd']]
    for root in roots:
        for folder, _folders, files in os.walk(root):
            for file in files:
                path = os.path.join(folder, file)
                try:
                    if os.path.isfile(path) and sought in open(path, 'rb').read(1 << 20): return 1
                except OSError: pass
    return 0
`;

/** Writes what participant code has found, and what it finds itself. Beside an ingestion program it waits for that, with the answers at hand. */
const FINDINGS_SCORE = {
  metadata: 'command: python3 score.py\n',
  'score.py': `${SEEKER}import glob, json, time
while os.path.exists('/app/input/res/beside.txt') and not os.path.exists('/app/shared/found'): time.sleep(0.05)
found = [int(open(path).read()) for path in glob.glob('/app/input/res/found*') + glob.glob('/app/shared/found')]
json.dump({'score': max(found), 'other': look()}, open('/app/output/scores.json', 'w'))
`,
};

/** Imports the submission, and so runs participant code. */
const ingestionTo = (output: string) => ({
  metadata: 'command: python3 ingest.py\n',
  'ingest.py': `import os, sys
sys.path.insert(0, '/app/ingested_program')
import model
open('${output}.new', 'w').write(str(model.look()))
os.rename('${output}.new', '${output}')
`,
});

/** How participant code comes to run, and what is submitted for it. */
const MODES = {
  'a submission of code': {
    options: {},
    submission: codeSubmission(`${SEEKER}open('/app/output/found.txt', 'w').write(str(look()))`),
  },
  'an ingestion program that imports the submission': {
    options: { ingestionProgram: ingestionTo('/app/output/found.txt') },
    submission: zip({ metadata: 'description: imported\n', 'model.py': SEEKER }),
  },
  'ingestion beside scoring': {
    options: { ingestionProgram: ingestionTo('/app/shared/found'), ingestionOnlyDuringScoring: true },
    submission: zip({ metadata: 'description: imported\n', 'model.py': SEEKER, 'beside.txt': '' }),
  },
};

describe.each(['bubblewrap', 'docker'] as const)('on a node with %s', (engine) => {
  let network: TestNetwork;
  let ada: Person;

  beforeAll(async () => {
    network = await TestNetwork.start();
    await network.addNode({
      site: 'north',
      engine,
      sharesScores: true,
      servesDefaultQueue: true,
      dataset: { input: { 'cases.txt': 'cases' }, reference: { 'answers.txt': REFERENCE_MARK } },
    });
    ada = await network.addParticipant('ada');
  });
  afterAll(() => network[Symbol.asyncDispose]());

  const places: Readonly<Record<string, object>> = {
    'the site': { siteData: 'ward@1' },
    'the hub': { input: { 'cases.txt': 'cases' }, reference: { 'answers.txt': REFERENCE_MARK } },
  };
  const all = Object.keys(places).flatMap((place) =>
    Object.keys(MODES).map((mode) => [place, mode] as const),
  );

  test.each(all)('answers of %s are out of reach of %s', async (place, mode) => {
    const { options, submission } = MODES[mode as keyof typeof MODES];
    const bundle: BundleOptions = {
      title: mode,
      tasks: [{ ...places[place], ...options }],
      scoringProgram: FINDINGS_SCORE,
      columns: ['score', 'other'],
    };
    const challenge = await network.addChallenge(competitionBundle(bundle));
    const { termsVersion } = await ada.trpc.competitions.get.query({ id: challenge.id });
    await ada.trpc.competitions.join.mutate({ id: challenge.id, acceptTermsVersion: termsVersion });
    const over = await ada.submissionOver(await ada.submit(challenge.phaseId, submission), {
      within: 100_000,
    });
    expect(over.explanation).toBeNull();
    // The scoring program, where the answers are, does find them.
    expect(over.scores).toMatchObject([{ raw: 0 }, { raw: 1 }]);
  });
});
