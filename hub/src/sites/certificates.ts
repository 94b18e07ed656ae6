/**
 * Whether a certificate that begins then is still accepted. Once a node has enrolled again, those from before are not: their key may be why it
 * had to. Dates in certificates have whole seconds.
 */
export function isAccepted(begins: Date, acceptedFrom: Date | null): boolean {
  return (
    acceptedFrom === null || Math.floor(begins.getTime() / 1000) >= Math.floor(acceptedFrom.getTime() / 1000)
  );
}
