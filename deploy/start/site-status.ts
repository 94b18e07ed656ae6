/** The names of the sites that have a node connected, as the status page shows them. */
export async function onlineSites(origin: string): Promise<string[]> {
  const response = await fetch(`${origin}/trpc/sites.status`, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`the status page answers ${response.status}`);
  const { result } = (await response.json()) as {
    result: { data: { sites: { name: string; online: boolean }[] } };
  };
  return result.data.sites.filter((site) => site.online).map((site) => site.name);
}
