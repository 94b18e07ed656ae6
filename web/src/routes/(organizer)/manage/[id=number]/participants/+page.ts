import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { oneOf, present } from '#lib/api/query-string.ts';
import { participantStatuses } from '#lib/features/manage/participants.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url, depends }) => {
  depends('weir:participants');
  const query = createApi(fetch).competitions.participants.list.query({
    competitionId: params.id,
    limit: 50,
    ...present({
      status: oneOf(url.searchParams, 'status', participantStatuses),
      cursor: url.searchParams.get('cursor') ?? undefined,
    }),
  });
  return { participants: await orErrorPage(url, query) };
};
