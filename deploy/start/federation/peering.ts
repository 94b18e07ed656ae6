import type { HubClient } from '../hub-client.ts';

interface KnownPeer {
  id: number;
  name: string;
  state: string;
}

const SCOPES = ['list', 'register', 'submit', 'evaluate'];

/** A hub as its administrator sees it. */
export interface Side {
  readonly name: string;
  readonly administrator: HubClient;
}

/**
 * Makes two hubs peers, as their administrators would: one invites, the other accepts, the first confirms. What they have decided since then stays: a relation that
 * is paused or ended is not begun anew.
 */
export async function introduce(inviting: Side, invited: Side): Promise<boolean> {
  let known = await findPeer(inviting, invited.name);
  if (!known) {
    const invitation = { scopes: SCOPES, note: invited.name, days: 1 };
    const { code } = await inviting.administrator.mutate<{ code: string }>('peers.invite', invitation);
    await invited.administrator.mutate('peers.accept', { code, scopes: SCOPES });
    known = await findPeer(inviting, invited.name);
  }
  if (known?.state !== 'asking') return false;
  await inviting.administrator.mutate('peers.confirm', { id: known.id, scopes: SCOPES });
  return true;
}

/** Asks the peer now for what it has, rather than within a minute. */
export async function lookAt(at: Side, name: string): Promise<void> {
  const peer = await findPeer(at, name);
  if (peer?.state === 'active')
    await at.administrator.mutate('peers.decide', { id: peer.id, decision: 'check' });
}

async function findPeer({ administrator }: Side, name: string): Promise<KnownPeer | undefined> {
  const { peers } = await administrator.query<{ peers: KnownPeer[] }>('peers.overview');
  return peers.find((peer) => peer.name === name);
}
