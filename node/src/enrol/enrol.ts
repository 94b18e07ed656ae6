import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { Home } from '../home/home.ts';
import { makeHome } from '../home/home.ts';
import {
  fits,
  type Identity,
  readIdentity,
  storeEnrolment,
  storeEnrolmentAgain,
  storeNextKey,
} from '../home/identity.ts';
import { EnrolmentFailedError } from './errors.ts';
import { makeKeyAndRequest } from './key.ts';
import { type EnrolmentToken, enrolmentMac, isAuthorityOf, isSameMac, parseToken } from './token.ts';

const TIMEOUT_MS = 30_000;

const answerSchema = z.object({
  nodeId: z.string().min(1),
  site: z.string().min(1),
  hub: z.string().min(1),
  grpc: z.string().min(1),
  certificate: z.string(),
  authority: z.string(),
  mac: z.string(),
});

type Answer = z.infer<typeof answerSchema>;

export interface EnrolOptions {
  /** The hub's web origin. */
  readonly hubUrl: string;
  readonly token: string;
  readonly name: string;
}

/**
 * Exchanges a one-time token for a client certificate. The exchange is safe on any wire: the hub proves with its MAC that it knows the
 * token's secret, and its authority must be the one whose fingerprint the token carries. Nothing is stored before both hold.
 */
export async function enrol(home: Home, options: EnrolOptions): Promise<Identity> {
  const { key, certificateRequest } = await makeKeyAndRequest(options.name);
  const { identity, certificate, authority } = await ask(options, key, certificateRequest);
  await makeHome(home);
  await storeEnrolment(home, identity, { key, certificate, authority });
  return identity;
}

/**
 * Gives a node that is enrolled already a new key and certificate under the identity that it has, with a token made for it: its certificate
 * has ended while it was away, or its key may be in other hands. What its home holds (spool, ledger, datasets, policy) stays. The node must
 * not run meanwhile. Wherever this is cut off, the home holds a key and a certificate that belong together.
 */
export async function enrolAgain(
  home: Home,
  options: Omit<EnrolOptions, 'name'> & { readonly name?: string | undefined },
): Promise<Identity> {
  const before = await readIdentity(home);
  const name = options.name ?? before.name;
  const { key, certificateRequest } = await makeKeyAndRequest(name);
  await storeNextKey(home, key);
  const { identity, certificate, authority } = await ask(
    { ...options, name },
    key,
    certificateRequest,
    before.nodeId,
  );
  if (identity.nodeId !== before.nodeId) {
    throw new EnrolmentFailedError(
      `the hub answered as another node (${identity.nodeId}); nothing was stored`,
    );
  }
  await storeEnrolmentAgain(home, identity, { certificate, authority });
  return identity;
}

async function ask(
  { hubUrl, token: tokenText, name }: EnrolOptions,
  key: string,
  certificateRequest: string,
  node?: string,
): Promise<{ identity: Identity; certificate: string; authority: string }> {
  const token = parseToken(tokenText);
  const answer = await exchange(new URL('/node/v1/enrol', hubUrl), {
    enrolment: token.enrolment,
    name,
    certificateRequest,
    mac: enrolmentMac(token, certificateRequest, name),
    ...(node && { node }),
  });
  checkAnswer(token, key, answer);
  const { nodeId, site, hub, grpc, certificate, authority } = answer;
  return {
    identity: { nodeId, name, site, hub, hubUrl: new URL(hubUrl).origin, grpc },
    certificate,
    authority,
  };
}

async function exchange(url: URL, body: object): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new EnrolmentFailedError(
      `${url} does not answer${reasonOf(error)}; check --hub and the way out of this network`,
      { cause: error },
    );
  });
  const text = await response.text();
  if (!response.ok) {
    throw new EnrolmentFailedError(
      `${url} answered ${response.status}: ${text.slice(0, 300)}; a token works once and for a short time, so ask for a new one`,
    );
  }
  const answer = answerSchema.safeParse(parseJson(text));
  if (!answer.success) {
    throw new EnrolmentFailedError(`${url} gave an answer that is not a hub's; check --hub`);
  }
  return answer.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function checkAnswer(token: EnrolmentToken, key: string, answer: Answer): void {
  const { certificate, authority, mac } = answer;
  if (!isSameMac(enrolmentMac(token, certificate, authority), mac)) {
    throw new EnrolmentFailedError(
      'what answered does not know the secret of the token: it is not the hub that made it',
    );
  }
  const issuer = new X509Certificate(authority);
  if (!isAuthorityOf(token, issuer)) {
    throw new EnrolmentFailedError("the hub's certificate authority is not the one that the token names");
  }
  const issued = new X509Certificate(certificate);
  if (!issued.checkIssued(issuer) || !issued.verify(issuer.publicKey) || !fits(certificate, key)) {
    throw new EnrolmentFailedError("the certificate is not one of this node's key, issued by the hub");
  }
}

/** Such as ECONNREFUSED, ENOTFOUND, or what is wrong with the certificate of a proxy in between. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  return typeof code === 'string' ? ` (${code})` : '';
}
