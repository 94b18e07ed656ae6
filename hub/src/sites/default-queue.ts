import { queues } from '../competitions/schema.ts';
import type { Queries } from '../db/database.ts';

/** Where runs without site data wait unless their competition says otherwise: there is always exactly one such queue. */
export async function ensureDefaultQueue(queries: Queries): Promise<void> {
  await queries
    .insert(queues)
    .values({ name: 'default', isDefault: true, isPublic: true })
    .onConflictDoNothing();
}
