import type { Logger } from '../logging/logger.ts';
import type { PeopleDesk } from '../people/desk.ts';
import type { ReleaseSums } from './budget-lines.ts';
import type { Persons } from './persons.ts';
import type { Sessions } from './sessions.ts';
import type { ConsoleActions, ConsoleView } from './view.ts';

/** All that the console's routes work with. */
export interface ConsoleContext {
  readonly view: ConsoleView;
  readonly actions: ConsoleActions;
  readonly people: PeopleDesk;
  readonly persons: Persons;
  readonly sessions: Sessions;
  readonly sums: ReleaseSums;
  readonly logger: Logger;
}
