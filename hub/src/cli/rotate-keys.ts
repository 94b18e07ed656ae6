import { rotateHubKey } from '../receipts/hub-keys.ts';
import { openContext } from './hub-database.ts';

/** Prints the fingerprint of the new key. Hub processes sign with it from their next start on; what older keys signed stays good. */
export async function rotateKeys(): Promise<void> {
  await using context = await openContext();
  console.log(await rotateHubKey(context.database, context.secrets.sealingKey));
}
