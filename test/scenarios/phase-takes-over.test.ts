import { expect, test } from 'vitest';
import { codeSubmission, scriptedBundle } from '../harness/challenge.ts';
import { TestNetwork } from '../harness/test-network.ts';
import { waitFor } from '../harness/wait-for.ts';

interface Entered {
  readonly owner: string;
  readonly status: string;
  readonly isInTime: boolean;
}

test.each([
  ['begins while two processes of the hub run', `now() + interval '12 seconds'`],
  ['began while no hub was running', `now() - interval '1 hour'`],
])(
  'a phase that %s takes over the board before once, exactly, and not before its start',
  async (_name, start) => {
    await using network = await TestNetwork.start();
    const { hub } = network;
    await network.addNode({ site: 'north' });
    const challenge = await network.addChallenge(
      scriptedBundle('scores={"score":0.625}', { nextPhaseStarts: '2990-01-01' }),
    );
    await hub.query(`update phases set ends_at = '2989-01-01' where id = $1`, [challenge.phaseId]);
    for (const name of ['ada', 'grace']) {
      const person = await network.addParticipant(name, challenge);
      for (let count = 0; count < 2; count++)
        await person.submissionOver(await person.submit(challenge.phaseId, codeSubmission()));
    }
    const { phases } = await network.organizer.trpc.competitions.get.query({ id: challenge.id });
    const next = phases[1]!.id;
    const entered = () =>
      hub.query<Entered>(
        `select u.username as owner, s.status, s.created_at >= p.starts_at as "isInTime"
       from submissions s join users u on u.id = s.owner_id join phases p on p.id = s.phase_id
       where s.phase_id = $1 and s.parent_id is null order by u.username`,
        [next],
      );
    expect(await entered()).toEqual([]);

    await hub.process.stop();
    await hub.query(`update phases set starts_at = ${start} where id = $1`, [next]);
    await hub.startAnother();
    await hub.restart();

    const isOver = ({ status }: Entered) => status === 'Finished';
    const taken = await waitFor(
      'both to be taken over',
      entered,
      (all) => all.length > 1 && all.every(isOver),
      {
        within: 90_000,
      },
    );
    expect(taken).toEqual(['ada', 'grace'].map((owner) => ({ owner, status: 'Finished', isInTime: true })));
    // Whoever comes back looks again.
    await hub.process.stop();
    await hub.restart();
    const [batch] = await network.organizer.trpc.submissions.batches.query({ competitionId: challenge.id });
    expect(batch).toMatchObject({ kind: 'migration', askedBy: null, total: 2, entered: 2, over: 2 });
    expect(await entered()).toHaveLength(2);
  },
);
