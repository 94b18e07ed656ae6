import type { Topic } from '../../../live/bus.ts';
import type { Delivery } from './delivery-store.ts';

/** Who wants to know that it has changed. */
export function topicsOf({ id, userId }: Pick<Delivery, 'id' | 'userId'>): Topic[] {
  return [`peer-submission:${id}`, `peer-submissions:${userId}`];
}
