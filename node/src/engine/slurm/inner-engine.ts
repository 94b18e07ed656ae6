import { ApptainerEngine, type ApptainerOptions } from '../apptainer/apptainer-engine.ts';
import { BubblewrapEngine } from '../bubblewrap/bubblewrap-engine.ts';
import type { Engine } from '../engine.ts';

/** What runs a container on a compute node. */
export type InnerEngine =
  | { readonly kind: 'bubblewrap'; readonly root: string | null }
  | ({ readonly kind: 'apptainer' } & ApptainerOptions);

export async function openInnerEngine(inner: InnerEngine): Promise<Engine> {
  switch (inner.kind) {
    case 'bubblewrap':
      return await BubblewrapEngine.open(inner.root === null ? {} : { root: inner.root });
    case 'apptainer':
      return await ApptainerEngine.open(inner);
    default:
      return inner satisfies never;
  }
}
