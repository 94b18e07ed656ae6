import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';

/** Who may use an address, and until when. */
export interface ArtifactGrant {
  readonly nodeId: string;
  readonly runId: number;
  readonly attempt: number;
  /** Seconds since 1970. */
  readonly expires: number;
}

export type OutputKindName = 'prediction_result' | 'scoring_result' | 'detailed_result';

/** Signs the addresses under which one node fetches artifacts and leaves outputs for one attempt. They work without any other credential. */
export class ArtifactUrls {
  readonly #key: KeyObject;
  readonly #origin: string;

  constructor(key: Buffer, origin: string) {
    // Made once: telling what kind of key a buffer is takes longer than the signature.
    this.#key = createSecretKey(key);
    this.#origin = origin;
  }

  artifact(digest: string, grant: ArtifactGrant): string {
    return this.#sign(`/node/v1/artifacts/${digest.replace(':', '/')}`, grant);
  }

  output(kind: OutputKindName, grant: ArtifactGrant): string {
    return this.#sign(`/node/v1/outputs/${kind}`, grant);
  }

  /** Under which another hub, whose run it was, fetches what the run left here. */
  guestOutput(kind: OutputKindName, grant: ArtifactGrant): string {
    return this.#sign(`/federation/outputs/${kind}`, grant);
  }

  /** The grant of an address as it arrives, or null when it is expired or not of our making. */
  verify(path: string, query: Readonly<Record<string, unknown>>): ArtifactGrant | null {
    const grant = {
      nodeId: String(query.node),
      runId: Number(query.run),
      attempt: Number(query.attempt),
      expires: Number(query.expires),
    };
    const expected = Buffer.from(this.#signature(path, grant));
    const given = Buffer.from(String(query.signature));
    const isOurs = expected.length === given.length && timingSafeEqual(expected, given);
    return isOurs && grant.expires * 1000 > Date.now() ? grant : null;
  }

  #sign(path: string, grant: ArtifactGrant): string {
    const query = `node=${grant.nodeId}&run=${grant.runId}&attempt=${grant.attempt}&expires=${grant.expires}`;
    return `${this.#origin}${path}?${query}&signature=${this.#signature(path, grant)}`;
  }

  #signature(path: string, { nodeId, runId, attempt, expires }: ArtifactGrant): string {
    return createHmac('sha256', this.#key)
      .update(`${path}\n${nodeId}\n${runId}\n${attempt}\n${expires}`)
      .digest('base64url');
  }
}
