/** Where a run waits: for the nodes of one site, or for any node that serves a queue. */
export type Pool = `site:${number}` | `queue:${number}`;

export const sitePool = (siteId: number): Pool => `site:${siteId}`;
export const queuePool = (queueId: number): Pool => `queue:${queueId}`;
