import * as oidc from 'openid-client';
import type { Logger } from 'pino';
import { isLoopback } from '../../federation/hub-document.ts';
import { InstitutionError } from './errors.ts';
import type { Provider } from './store.ts';

/** What an institution says of itself is asked for again after so long. */
const KNOWN_FOR_MS = 60 * 60_000;
const TIMEOUT_S = 10;

export interface Said {
  readonly claims: oidc.IDToken & Partial<oidc.UserInfoResponse>;
}

/** The conversation with institutions: code flow with PKCE, state and nonce. */
export class ProviderClients {
  readonly #known = new Map<string, { at: number; configuration: oidc.Configuration }>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** @throws InstitutionError */
  async address(
    provider: Provider,
    secret: string,
    journey: { returnAddress: string; state: string; nonce: string; challenge: string },
  ): Promise<string> {
    const configuration = await this.#configuration(provider, secret);
    return oidc
      .buildAuthorizationUrl(configuration, {
        redirect_uri: journey.returnAddress,
        scope: provider.scopes,
        state: journey.state,
        nonce: journey.nonce,
        code_challenge: journey.challenge,
        code_challenge_method: 'S256',
      })
      .toString();
  }

  /**
   * @param answer the address that the browser came back to
   * @throws InstitutionError
   */
  async redeem(
    provider: Provider,
    secret: string,
    answer: URL,
    journey: { state: string; nonce: string; codeVerifier: string },
  ): Promise<Said> {
    const configuration = await this.#configuration(provider, secret);
    try {
      const tokens = await oidc.authorizationCodeGrant(configuration, answer, {
        expectedState: journey.state,
        expectedNonce: journey.nonce,
        pkceCodeVerifier: journey.codeVerifier,
        idTokenExpected: true,
      });
      const idToken = tokens.claims()!;
      const hasMore = configuration.serverMetadata().userinfo_endpoint !== undefined;
      const more = hasMore ? await oidc.fetchUserInfo(configuration, tokens.access_token, idToken.sub) : {};
      return { claims: { ...more, ...idToken } };
    } catch (error) {
      this.#log.warn({ err: error, issuer: provider.issuer }, 'a sign-in with an institution failed');
      const isRefused =
        error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError;
      throw new InstitutionError(
        isRefused ? 'institution_refused' : 'institution_answer_invalid',
        provider.name,
        error,
      );
    }
  }

  async #configuration(provider: Provider, secret: string): Promise<oidc.Configuration> {
    const key = JSON.stringify([provider.issuer, provider.clientId, secret]);
    const known = this.#known.get(key);
    if (known && Date.now() - known.at < KNOWN_FOR_MS) return known.configuration;
    try {
      const issuer = new URL(provider.issuer);
      const configuration = await oidc.discovery(issuer, provider.clientId, secret, undefined, {
        timeout: TIMEOUT_S,
        // For trying it out on one machine: an issuer elsewhere is reached over TLS.
        execute: isLoopback(issuer.hostname) ? [oidc.allowInsecureRequests] : [],
      });
      this.#known.set(key, { at: Date.now(), configuration });
      return configuration;
    } catch (error) {
      this.#log.warn({ err: error, issuer: provider.issuer }, 'an institution cannot be asked');
      throw new InstitutionError('institution_unavailable', provider.name, error);
    }
  }
}
