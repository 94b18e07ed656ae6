import { openContext } from './hub-database.ts';
import { required } from './usage-error.ts';

/** Prints the fingerprint of the new key. Every hub process signs with it within half a minute; what older keys signed stays good. */
export async function rotateKeys(): Promise<void> {
  await using context = await openContext();
  console.log(await context.keys.rotate());
}

export async function retireKey(id: string | undefined): Promise<void> {
  const keyId = required('ID', id);
  await using context = await openContext();
  await context.keys.retire(keyId);
  console.log(`${keyId} has ended`);
}
