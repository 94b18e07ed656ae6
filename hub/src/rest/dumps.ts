import { z } from 'zod';
import type { Download } from '../competitions/service.ts';
import { DomainError } from '../http/domain-error.ts';
import { flag, idParams } from './request.ts';
import type { RestRoutes } from './rest-routes.ts';

const createBody = z.object({ keys_instead_of_files: flag.default(false) });

export function dumpRoutes(routes: RestRoutes): void {
  routes.post(
    '/competitions/:id/create_dump',
    { summary: 'Begin a dump; it is listed among the files once it is there', body: createBody, status: 201 },
    async ({ hub, actor, request, body: { keys_instead_of_files: byKey } }) => {
      const { id } = idParams.parse(request.params);
      await hub.dumps.create(actor, id, { content: byKey ? 'keys' : 'data', withArchive: false });
      return { status: 'Success. Competition dump is being created.' };
    },
  );

  routes.get(
    '/competitions/:id/get_files',
    { summary: 'The bundle that the competition was made from, and its dumps' },
    async ({ hub, actor, request, fileUrl }) => {
      const { id } = idParams.parse(request.params);
      const dumps = await hub.dumps.list(actor, id);
      const bundle = await hub.dumps.bundleOf(actor, id).catch(orNone);
      return {
        ...(bundle && { bundle: { name: bundle.name, url: fileUrl(`/files/bundles/${id}`) } }),
        dumps: dumps.flatMap(({ file }) => (file ? [{ name: file.name, url: fileUrl(file.url) }] : [])),
      };
    },
  );
}

function orNone(error: unknown): (Download & { name: string }) | null {
  if (error instanceof DomainError && error.code === 'bundle_not_found') return null;
  throw error;
}
