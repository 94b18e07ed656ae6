import type { Logger } from 'pino';
import { z } from 'zod';
import type { Database } from '../../db/database.ts';
import { isLoopback } from '../../federation/hub-document.ts';
import { seal, unseal } from '../../sites/sealed.ts';
import { type Actor, requireAdmin, requireSession, requireUser } from '../access.ts';
import { checkUsername } from '../registration.ts';
import { AccountSuspendedError, SignInLostError } from '../sign-in/errors.ts';
import { beginJourney, endJourney, hashOf } from '../sign-in/journeys.ts';
import { insertUser } from '../store.ts';
import {
  IdentityMissingError,
  IdentityTakenError,
  InstitutionExistsError,
  InstitutionMissingError,
  InvalidInstitutionError,
  LastIdentityError,
} from './errors.ts';
import { type Arrived, toArrived } from './person.ts';
import { ProviderClients } from './provider.ts';
import * as store from './store.ts';
import { checkVisas } from './visas.ts';

/** Where institutions send people back to; to be registered there. */
export const INSTITUTION_RETURN_PATH = '/sign-in/institution/return';
const ARRIVAL_MS = 30 * 60_000;

export interface InstitutionSettings {
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Null leaves the one that is kept. */
  readonly clientSecret: string | null;
  readonly scopes: string;
  readonly visaIssuers: readonly string[];
  readonly isEnabled: boolean;
}

/** What came of somebody's coming back. */
export type CameBack =
  | { readonly kind: 'signed_in'; readonly userId: number; readonly returnTo: string }
  | { readonly kind: 'linked'; readonly returnTo: string }
  /** Nobody here yet: they choose a user name. */
  | { readonly kind: 'new'; readonly returnTo: string };

/** Signing in with an institution, by OpenID Connect. Accounts are known by issuer and subject: addresses and names say nothing. */
export class Institutions {
  readonly #database: Database;
  readonly #clients: ProviderClients;
  readonly #sealingKey: Buffer;
  readonly #publicUrl: string;
  readonly #log: Logger;

  constructor(parts: {
    readonly database: Database;
    readonly sealingKey: Buffer;
    readonly publicUrl: string;
    readonly log: Logger;
  }) {
    this.#database = parts.database;
    this.#clients = new ProviderClients(parts.log);
    this.#sealingKey = parts.sealingKey;
    this.#publicUrl = parts.publicUrl;
    this.#log = parts.log;
  }

  /** Whom people can sign in with. */
  async offered(): Promise<{ id: number; name: string }[]> {
    const providers = await store.listProviders(this.#database.queries);
    return providers.filter(({ isEnabled }) => isEnabled).map(({ id, name }) => ({ id, name }));
  }

  /** For administrators; secrets are never shown again. */
  async list(actor: Actor) {
    requireAdmin(actor);
    const providers = await store.listProviders(this.#database.queries);
    const returnAddress = this.#publicUrl + INSTITUTION_RETURN_PATH;
    return {
      returnAddress,
      institutions: providers.map(({ sealedClientSecret: _, ...provider }) => provider),
    };
  }

  /** For administrators. @throws InvalidInstitutionError | InstitutionExistsError */
  async add(actor: Actor, settings: InstitutionSettings): Promise<{ id: number }> {
    requireAdmin(actor);
    const { issuer, clientSecret, ...rest } = checkSettings(settings);
    if (!clientSecret) throw new InvalidInstitutionError({ clientSecret: 'A client secret is needed.' });
    const sealedClientSecret = seal(this.#sealingKey, sealedAs(issuer), clientSecret);
    const row = { ...rest, visaIssuers: [...rest.visaIssuers], issuer, sealedClientSecret };
    const added = await store.insertProvider(this.#database.queries, row);
    if (!added) throw new InstitutionExistsError();
    return { id: added.id };
  }

  /** For administrators. The issuer stays: with another one, everybody would be somebody else. @throws InstitutionMissingError | InvalidInstitutionError */
  async change(actor: Actor, id: number, settings: Omit<InstitutionSettings, 'issuer'>): Promise<void> {
    requireAdmin(actor);
    const provider = await this.#get(id);
    const { issuer, clientSecret, ...rest } = checkSettings({ ...settings, issuer: provider.issuer });
    await store.updateProvider(this.#database.queries, id, {
      ...rest,
      visaIssuers: [...rest.visaIssuers],
      ...(clientSecret && { sealedClientSecret: seal(this.#sealingKey, sealedAs(issuer), clientSecret) }),
    });
  }

  /**
   * @param link the institution's identity is added to the account of whoever asks; otherwise it signs them in
   * @param browser secret of the browser's cookie
   * @returns where the browser goes now
   * @throws InstitutionMissingError | InstitutionError
   */
  async begin(
    actor: Actor,
    { id, returnTo, link }: { id: number; returnTo: string; link: boolean },
    browser: string,
  ): Promise<string> {
    const userId = link ? requireSession(actor).id : null;
    const provider = await this.#get(id);
    if (!provider.isEnabled) throw new InstitutionMissingError();
    const destination = { kind: 'institution', providerId: id } as const;
    const begun = await beginJourney(this.#database.queries, browser, { destination, returnTo, userId });
    const returnAddress = this.#publicUrl + INSTITUTION_RETURN_PATH;
    return this.#clients.address(provider, this.#secretOf(provider), { ...begun, returnAddress });
  }

  /**
   * @param search what the institution added to the address
   * @throws SignInLostError | InstitutionError | IdentityTakenError | AccountSuspendedError
   */
  async comeBack(search: URLSearchParams, browser: string | null): Promise<CameBack> {
    const { queries } = this.#database;
    const state = search.get('state');
    const journey = await endJourney(queries, 'institution', { state, browser });
    const provider = await this.#get(journey.destination.providerId);
    const answer = new URL(INSTITUTION_RETURN_PATH, this.#publicUrl);
    answer.search = search.toString();
    const { claims } = await this.#clients.redeem(provider, this.#secretOf(provider), answer, {
      state: state!,
      nonce: journey.nonce,
      codeVerifier: journey.codeVerifier,
    });
    const visas = await checkVisas(claims.ga4gh_passport_v1, provider.visaIssuers, this.#log);
    const arrived = toArrived(provider.issuer, claims, visas);
    const { returnTo, userId } = journey;
    const known = await store.findLinked(queries, provider.id, arrived.subject);
    if (known) {
      if (userId !== null && known.userId !== userId) throw new IdentityTakenError();
      if (known.isSuspended) throw new AccountSuspendedError();
      await this.#noteSignIn(known, arrived);
      return userId === null
        ? { kind: 'signed_in', userId: known.userId, returnTo }
        : { kind: 'linked', returnTo };
    }
    if (userId !== null) {
      await this.#link(userId, provider.id, arrived);
      return { kind: 'linked', returnTo };
    }
    await store.keepArrival(queries, {
      browserHash: hashOf(browser!),
      providerId: provider.id,
      subject: arrived.subject,
      person: arrived,
      returnTo,
      expiresAt: new Date(Date.now() + ARRIVAL_MS),
    });
    return { kind: 'new', returnTo };
  }

  /** Who has come back and is nobody here yet. @throws SignInLostError */
  async arrival(browser: string | null) {
    const { person, provider, returnTo } = await this.#arrival(browser);
    const isEmailTaken =
      person.email !== null && (await store.isEmailTaken(this.#database.queries, person.email));
    return {
      institution: provider.name,
      label: person.label,
      proposedUsername: person.proposedUsername,
      /** An account with this address is somebody else's, until they sign in to it and link this identity by themselves. */
      isEmailTaken,
      returnTo,
    };
  }

  /** Makes their account. @throws SignInLostError | InvalidAccountError | AccountExistsError | IdentityTakenError */
  async settle(browser: string | null, username: string): Promise<{ userId: number; returnTo: string }> {
    const { person, provider, returnTo } = await this.#arrival(browser);
    checkUsername(username);
    return this.#database.transaction(async ({ queries }) => {
      if (!(await store.takeArrival(queries, hashOf(browser!)))) throw new SignInLostError();
      const { email, displayName, subject, label } = person;
      // Somebody else's account is not touched, nor is this one it: without an address, for now.
      const isFree = email !== null && !(await store.isEmailTaken(queries, email));
      const user = await insertUser(queries, { username, email: isFree ? email : '', displayName });
      const attributes = [...person.attributes];
      const identity = { userId: user.id, providerId: provider.id, subject, label, attributes };
      if (!(await store.insertLinked(queries, identity))) throw new IdentityTakenError();
      await store.gatherAttributes(queries, user.id);
      this.#log.info({ userId: user.id, issuer: provider.issuer }, 'account registered with an institution');
      return { userId: user.id, returnTo };
    });
  }

  /** One's own. */
  identities(actor: Actor) {
    return store.listLinked(this.#database.queries, requireUser(actor).id);
  }

  /** What it vouched for goes with it. @throws IdentityMissingError | LastIdentityError */
  async unlink(actor: Actor, id: number): Promise<void> {
    const user = requireSession(actor);
    await this.#database.transaction(async ({ queries }) => {
      if (!(await store.hasAnotherWayIn(queries, user.id, id))) throw new LastIdentityError();
      if (!(await store.deleteLinked(queries, user.id, id))) throw new IdentityMissingError();
      await store.gatherAttributes(queries, user.id);
    });
  }

  #link(userId: number, providerId: number, { subject, label, attributes }: Arrived): Promise<void> {
    return this.#database.transaction(async ({ queries }) => {
      const identity = { userId, providerId, subject, label, attributes: [...attributes] };
      if (!(await store.insertLinked(queries, identity))) throw new IdentityTakenError();
      await store.gatherAttributes(queries, userId);
    });
  }

  #noteSignIn(known: { id: number; userId: number }, { label, attributes }: Arrived): Promise<void> {
    return this.#database.transaction(async ({ queries }) => {
      await store.noteSignIn(queries, known.id, { label, attributes: [...attributes] });
      await store.gatherAttributes(queries, known.userId);
    });
  }

  async #arrival(browser: string | null) {
    const arrival = browser && (await store.findArrival(this.#database.queries, hashOf(browser)));
    if (!arrival) throw new SignInLostError();
    const provider = await this.#get(arrival.providerId);
    return { person: arrival.person as Arrived, provider, returnTo: arrival.returnTo };
  }

  async #get(id: number): Promise<store.Provider> {
    const provider = await store.findProvider(this.#database.queries, id);
    if (!provider) throw new InstitutionMissingError();
    return provider;
  }

  #secretOf({ issuer, sealedClientSecret }: store.Provider): string {
    return unseal(this.#sealingKey, sealedAs(issuer), sealedClientSecret);
  }
}

const sealedAs = (issuer: string) => `client secret:${issuer}`;

const address = (what: string) =>
  z.url(`${what} is an address over https.`).refine((value) => {
    const url = URL.parse(value);
    return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  }, `${what} is an address over https.`);

const settingsSchema = z.object({
  name: z.string().trim().min(1, 'A name is needed: it is on the button.').max(80),
  issuer: address('An issuer'),
  clientId: z.string().trim().min(1, 'A client id is needed.').max(300),
  clientSecret: z.string().max(1_000).nullable(),
  scopes: z
    .string()
    .max(500)
    .refine((scopes) => scopes.split(' ').includes('openid'), 'Scopes begin with openid.'),
  visaIssuers: z.array(address('An issuer of visas')).max(20),
  isEnabled: z.boolean(),
});

function checkSettings(settings: InstitutionSettings): z.output<typeof settingsSchema> {
  const result = settingsSchema.safeParse(settings);
  if (result.success) return result.data;
  throw new InvalidInstitutionError(
    Object.fromEntries(result.error.issues.map(({ path, message }) => [String(path[0]), message])),
  );
}
