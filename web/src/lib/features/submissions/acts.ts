import type { Api } from '#lib/api/client.ts';

/** What its owner does with a submission. */
export interface OwnerActs {
  setOnLeaderboard(onLeaderboard: boolean): Promise<unknown>;
  edit(edit: { name: string; description: string; isPublic?: boolean }): Promise<unknown>;
  cancel(): Promise<unknown>;
  remove(): Promise<unknown>;
}

export function ownActs(api: Api, id: number): OwnerActs {
  const { submissions } = api;
  return {
    setOnLeaderboard: (onLeaderboard) => submissions.setOnLeaderboard.mutate({ id, onLeaderboard }),
    edit: (edit) => submissions.edit.mutate({ id, ...edit }),
    cancel: () => submissions.cancel.mutate({ id }),
    remove: () => submissions.remove.mutate({ id }),
  };
}

/** At a peer, through this hub. @param id here */
export function actsAtPeer(api: Api, id: number): OwnerActs {
  const { submissions } = api.participation;
  return {
    setOnLeaderboard: (onLeaderboard) => submissions.setOnLeaderboard.mutate({ id, onLeaderboard }),
    edit: (edit) => submissions.edit.mutate({ id, ...edit }),
    cancel: () => submissions.withdraw.mutate({ id }),
    remove: () => submissions.remove.mutate({ id }),
  };
}
