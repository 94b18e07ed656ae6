import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { Home } from '../home/home.ts';
import { makeHome } from '../home/home.ts';
import { fits, type Identity, storeEnrolment } from '../home/identity.ts';
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
export async function enrol(home: Home, { hubUrl, token: tokenText, name }: EnrolOptions): Promise<Identity> {
  const token = parseToken(tokenText);
  const { key, certificateRequest } = await makeKeyAndRequest(name);
  const answer = await exchange(new URL('/node/v1/enrol', hubUrl), {
    enrolment: token.enrolment,
    name,
    certificateRequest,
    mac: enrolmentMac(token, certificateRequest, name),
  });
  checkAnswer(token, key, answer);
  const { nodeId, site, hub, grpc, certificate, authority } = answer;
  const identity = { nodeId, name, site, hub, hubUrl: new URL(hubUrl).origin, grpc };
  await makeHome(home);
  await storeEnrolment(home, identity, { key, certificate, authority });
  return identity;
}

async function exchange(url: URL, body: object): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new EnrolmentFailedError(`${url} does not answer; check --hub and the way out of this network`, {
      cause: error,
    });
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
