import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { idFrom, oneOf, present } from '#lib/api/query-string.ts';
import { submissionStatuses } from '#lib/features/submissions/status.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url, depends }) => {
  depends('weir:submissions');
  const filters = url.searchParams;
  const query = createApi(fetch).submissions.all.query({
    competitionId: params.id,
    limit: 50,
    ...present({
      phaseId: idFrom(filters, 'phase'),
      kind: oneOf(filters, 'kind', ['submission', 'rehearsal']),
      status: oneOf(filters, 'status', submissionStatuses),
      search: filters.get('search') ?? undefined,
      cursor: filters.get('cursor') ?? undefined,
    }),
  });
  return { submissions: await orErrorPage(url, query) };
};
