import { X509Certificate } from 'node:crypto';
import { makeKeyAndRequest } from '../enrol/key.ts';
import type { Home } from '../home/home.ts';
import {
  type Credentials,
  fits,
  type Identity,
  readCredentials,
  storeNextKey,
  storeRenewal,
} from '../home/identity.ts';
import type { Logger } from '../logging/logger.ts';

const CHECK_MS = 60_000;

export interface RenewalOptions {
  readonly home: Home;
  readonly identity: Identity;
  readonly credentials: Credentials;
  /** One RenewCertificate call. */
  renew(certificateRequest: string): Promise<string>;
  /** New credentials are on disk. */
  onRenewed(credentials: Credentials): void;
  readonly logger: Logger;
}

/**
 * Renews the certificate, with a new key, once no more than a third of its life is left. The key is on disk before the hub certifies it:
 * wherever this is cut off, the home holds a key and a certificate that belong together.
 */
export class Renewal implements Disposable {
  readonly #options: RenewalOptions;
  readonly #timer: NodeJS.Timeout;
  #credentials: Credentials;
  #renewing = false;
  #saidThatItEnded = false;

  constructor(options: RenewalOptions) {
    this.#options = options;
    this.#credentials = options.credentials;
    this.#timer = setInterval(() => this.check(), CHECK_MS);
    this.#timer.unref();
    if (hasEnded(options.credentials.certificate, Date.now()))
      this.#sayThatItEnded(options.credentials.certificate);
  }

  /** Cheap unless a renewal is due. Called now and then, and whenever the hub can be reached again. */
  check(now = Date.now()): void {
    const { certificate } = this.#credentials;
    if (hasEnded(certificate, now)) this.#sayThatItEnded(certificate);
    if (this.#renewing || !isDue(certificate, now)) return;
    this.#renewing = true;
    this.#renew()
      .catch((error: unknown) => {
        this.#options.logger.error({ err: error }, 'the certificate could not be renewed; trying again');
      })
      .finally(() => {
        this.#renewing = false;
      });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /** With it the hub cannot be reached, so it cannot be renewed either. Nothing that the home holds is lost by that. */
  #sayThatItEnded(certificate: string): void {
    if (this.#saidThatItEnded) return;
    this.#saidThatItEnded = true;
    const { validTo } = new X509Certificate(certificate);
    this.#options.logger.error(
      { validTo },
      'the certificate has ended: stop this node, ask for a token for it at the hub, and run weir-node enrol --again',
    );
  }

  async #renew(): Promise<void> {
    const { home, identity, renew, onRenewed, logger } = this.#options;
    const { key, certificateRequest } = await makeKeyAndRequest(identity.name);
    await storeNextKey(home, key);
    const certificate = await renew(certificateRequest);
    const issued = new X509Certificate(certificate);
    if (
      !fits(certificate, key) ||
      !issued.verify(new X509Certificate(this.#credentials.authority).publicKey)
    ) {
      throw new Error(
        "the hub answered a certificate that is not one of this node's key, issued by its authority",
      );
    }
    await storeRenewal(home, certificate);
    this.#credentials = await readCredentials(home);
    logger.info({ validTo: issued.validTo }, 'certificate renewed');
    onRenewed(this.#credentials);
  }
}

function hasEnded(certificate: string, now: number): boolean {
  return Date.parse(new X509Certificate(certificate).validTo) <= now;
}

export function isDue(certificate: string, now: number): boolean {
  const { validFrom, validTo } = new X509Certificate(certificate);
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  return to - now <= (to - from) / 3;
}
