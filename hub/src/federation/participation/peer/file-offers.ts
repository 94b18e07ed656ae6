import { type Actor, anonymous } from '../../../accounts/access.ts';
import type { Competitions } from '../../../competitions/service.ts';
import type { Database } from '../../../db/database.ts';
import type { Download } from '../../../http/send-blob.ts';
import type { SignedLinks } from '../../../http/signed-links.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import type { Submissions } from '../../../submissions/service.ts';
import type { PeerIdentity } from '../../identity/service.ts';
import type { KnownPeer } from '../../peers/directory.ts';
import type { OfferedFile, WantedFile } from '../wire/file.ts';
import { requireSubmissionListed } from './listed.ts';

/** For the first byte: a transfer that has begun goes on. */
const OFFERED_S = 5 * 60;

interface Parts {
  readonly database: Database;
  readonly blobs: Pick<BlobStore, 'stat'>;
  readonly identity: Pick<PeerIdentity, 'accountOf'>;
  readonly competitions: Pick<Competitions, 'fileFor'>;
  readonly submissions: Pick<Submissions, 'fileFor' | 'reportOf'>;
  readonly links: SignedLinks;
}

/**
 * At the peer: files for people of other hubs, who may have what people of this hub in their place may have. Bytes go by the addresses of all files, which
 * speak for the person for some minutes and are asked about once more when they are used.
 */
export class FileOffers {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * @param assertion of whoever asks; null: as any visitor
   * @throws what the files' own features throw
   */
  async offer(peer: KnownPeer, assertion: string | null, file: WantedFile): Promise<OfferedFile> {
    const { identity, database, blobs, links } = this.#parts;
    const person =
      assertion === null ? null : await identity.accountOf(peer, assertion, ['register', 'submit']);
    if (!person && file.of === 'submission')
      await requireSubmissionListed(database.queries, peer.id, file.submissionId);
    const { url, digest, fileName } = await this.#find(person?.actor ?? anonymous, file);
    const path = person ? links.sign('GET', url, person.user.id, OFFERED_S) : url;
    const { size } = (await blobs.stat(digest)) ?? { size: 0 };
    return { path, digest, size, fileName };
  }

  async #find(actor: Actor, file: WantedFile): Promise<Download & { readonly url: string }> {
    const { competitions, submissions } = this.#parts;
    if (file.of === 'phase') {
      const { phaseId, kind } = file;
      const url = `/files/phases/${phaseId}/${kind}`;
      return { ...(await competitions.fileFor(actor, phaseId, kind)), url };
    }
    const { submissionId, kind } = file;
    if (kind === 'detailed_result') return submissions.reportOf(actor, submissionId);
    const url = `/files/submissions/${submissionId}/${kind}`;
    return { ...(await submissions.fileFor(actor, submissionId, kind)), url };
  }
}
