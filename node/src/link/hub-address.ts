/**
 * An address that the hub names, at the hub's own web origin; null for any other. A node stands inside of the site's network, and a hub could
 * have it call what answers there, and tell from the outcome. For the same reason nothing here follows redirects.
 */
export function findHubAddress(address: string, hubUrl: string): URL | null {
  const url = URL.canParse(address, hubUrl) ? new URL(address, hubUrl) : null;
  const isHubs = url?.origin === new URL(hubUrl).origin && url.username === '' && url.password === '';
  return isHubs ? url : null;
}
