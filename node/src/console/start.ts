import type { Logger } from '../logging/logger.ts';
import type { PeopleDesk } from '../people/desk.ts';
import { ReleaseSums } from './budget-lines.ts';
import { type NodeParts, NodeView } from './node-view.ts';
import { entranceAt, personsOf } from './persons.ts';
import { startConsole } from './server.ts';
import { Sessions } from './sessions.ts';

export interface NodeConsole extends AsyncDisposable {
  /** Lets the steward in, once. A secret. */
  readonly entrance: string;
}

/** Opens the console of a node. */
export async function startNodeConsole(
  parts: NodeParts & { readonly people: PeopleDesk; readonly logger: Logger; readonly port: number },
): Promise<NodeConsole> {
  const { people, logger, home, identity, port } = parts;
  const view = new NodeView(parts);
  const persons = personsOf(home, identity);
  const sums = new ReleaseSums(view.ledger);
  const context = { view, actions: view, people, persons, sessions: new Sessions(), sums, logger };
  const console = await startConsole(context, port);
  return {
    entrance: entranceAt(console.origin, await persons.makeEntrance()),
    [Symbol.asyncDispose]: () => console[Symbol.asyncDispose](),
  };
}
