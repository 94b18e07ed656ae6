import 'reflect-metadata';
import { createHash, createPrivateKey, randomBytes } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { eq, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { CertificateRequestError } from './errors.ts';
import { hubKeys } from './schema.ts';
import { seal, unseal } from './sealed.ts';

/** Node and browsers name this type differently, and the portal's compiler reads this file under the browsers' names. */
type SigningKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY = 24 * 3600 * 1000;
const AUTHORITY_LIFE = 20 * 365 * DAY;
const NODE_CERTIFICATE_LIFE = 30 * DAY;
/** Clocks of sites run late now and then. */
const BACKDATED = DAY / 24;

/** The name in the server certificate that nodes check, wherever the hub listens. */
export const SERVER_NAME = 'hub.weir';

export interface IssuedCertificate {
  /** PEM */
  readonly certificate: string;
  /** Hex */
  readonly serial: string;
  readonly beginsAt: Date;
  readonly expiresAt: Date;
}

/**
 * The hub's certificate authority. Nodes trust it by its fingerprint, which comes with their enrolment token, and it alone decides who is
 * a node. Its key lives in the database, sealed with the hub's secret, so that every hub process has the same one.
 */
export interface Authority {
  /** PEM */
  readonly certificate: string;
  /** base64url SHA-256 of the certificate's DER */
  readonly fingerprint: string;
  /** A server certificate for this process, PEM. */
  issueServerCertificate(): Promise<{ key: string; certificate: string }>;
  /**
   * A client certificate for a node, over the public key of its request.
   * @throws CertificateRequestError when the request cannot be read or is not signed by its own key.
   */
  issueNodeCertificate(certificateRequest: string, nodeId: string): Promise<IssuedCertificate>;
}

export async function loadAuthority(
  database: Database,
  sealingKey: Buffer,
  hubName: string,
): Promise<Authority> {
  const stored = await database.transaction(async ({ queries }) => {
    // Hub processes that start together on an empty database agree on one authority.
    await queries.execute(sql`select pg_advisory_xact_lock(7340512002)`);
    const [row] = await queries.select().from(hubKeys).where(eq(hubKeys.purpose, 'authority'));
    if (row) return row;
    const created = await createAuthority(hubName);
    const values = {
      purpose: 'authority',
      certificate: created.certificate,
      sealedPrivateKey: seal(sealingKey, 'authority', created.privateKey),
    };
    return (await queries.insert(hubKeys).values(values).returning())[0]!;
  });
  const certificate = new x509.X509Certificate(stored.certificate);
  const privateKey = await importPrivateKey(unseal(sealingKey, 'authority', stored.sealedPrivateKey));
  return {
    certificate: stored.certificate,
    fingerprint: createHash('sha256').update(new Uint8Array(certificate.rawData)).digest('base64url'),
    issueServerCertificate: () => issueServerCertificate(certificate, privateKey),
    issueNodeCertificate: (request, nodeId) => issueNodeCertificate(certificate, privateKey, request, nodeId),
  };
}

async function createAuthority(hubName: string): Promise<{ certificate: string; privateKey: string }> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [`Weir authority of ${hubName}`] }],
    notBefore: new Date(Date.now() - BACKDATED),
    notAfter: new Date(Date.now() + AUTHORITY_LIFE),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString('pem'), privateKey: await exportPrivateKey(keys.privateKey) };
}

async function issueServerCertificate(issuer: x509.X509Certificate, signingKey: SigningKey) {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await issue(issuer, signingKey, keys.publicKey, SERVER_NAME, issuer.notAfter, [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: SERVER_NAME }]),
  ]);
  return { key: await exportPrivateKey(keys.privateKey), certificate: certificate.toString('pem') };
}

async function issueNodeCertificate(
  issuer: x509.X509Certificate,
  signingKey: SigningKey,
  certificateRequest: string,
  nodeId: string,
): Promise<IssuedCertificate> {
  const request = await verifiedRequest(certificateRequest);
  const expiresAt = new Date(Date.now() + NODE_CERTIFICATE_LIFE);
  const certificate = await issue(issuer, signingKey, request.publicKey, nodeId, expiresAt, [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
  ]);
  return {
    certificate: certificate.toString('pem'),
    serial: certificate.serialNumber,
    beginsAt: certificate.notBefore,
    expiresAt,
  };
}

function issue(
  issuer: x509.X509Certificate,
  signingKey: SigningKey,
  publicKey: x509.PublicKeyType,
  commonName: string,
  notAfter: Date,
  extensions: x509.Extension[],
): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [commonName] }],
    issuer: issuer.subject,
    notBefore: new Date(Date.now() - BACKDATED),
    notAfter,
    signingAlgorithm: ALGORITHM,
    publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      ...extensions,
    ],
  });
}

async function verifiedRequest(pem: string): Promise<x509.Pkcs10CertificateRequest> {
  try {
    const request = new x509.Pkcs10CertificateRequest(pem);
    if (await request.verify()) return request;
  } catch (cause) {
    throw new CertificateRequestError(cause);
  }
  throw new CertificateRequestError('its signature is not by its own key');
}

/** Positive and unique: 16 random bytes with the top bit clear. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x01;
  return bytes.toString('hex');
}

async function exportPrivateKey(key: SigningKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

function importPrivateKey(pem: string): Promise<SigningKey> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return crypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}
