import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { makeKeyAndRequest } from '../../enrol/key.ts';
import type { Credentials } from '../../home/identity.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** So that a certificate with a minute to go is near the end of its life. */
const BACKDATED_MS = 3_600_000;

/** A hub's certificate authority, as tests need it: real certificates, short lives. */
export interface TestAuthority {
  /** PEM. */
  readonly certificate: string;
  certify(certificateRequest: string, usage: 'client' | 'server', lifeMs?: number): Promise<string>;
  credentialsOf(name: string, lifeMs?: number): Promise<Credentials>;
  serverCredentials(): Promise<{ key: string; certificate: string }>;
}

export async function makeAuthority(): Promise<TestAuthority> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const own = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Test authority',
    keys,
    signingAlgorithm: ALGORITHM,
    serialNumber: serial(),
    notBefore: new Date(Date.now() - BACKDATED_MS),
    notAfter: new Date(Date.now() + 86_400_000),
    extensions: [new BasicConstraintsExtension(true, 0, true)],
  });
  const certificate = own.toString('pem');

  async function certify(certificateRequest: string, usage: 'client' | 'server', lifeMs = 3_600_000) {
    const request = new Pkcs10CertificateRequest(certificateRequest);
    const issued = await X509CertificateGenerator.create({
      subject: request.subject,
      issuer: own.subject,
      publicKey: request.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      serialNumber: serial(),
      notBefore: new Date(Date.now() - BACKDATED_MS),
      notAfter: new Date(Date.now() + lifeMs),
      extensions: [
        new ExtendedKeyUsageExtension([
          usage === 'server' ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth,
        ]),
        ...(usage === 'server'
          ? [new SubjectAlternativeNameExtension([{ type: 'dns', value: 'hub.weir' }])]
          : []),
      ],
    });
    return issued.toString('pem');
  }

  return {
    certificate,
    certify,
    async credentialsOf(name, lifeMs) {
      const { key, certificateRequest } = await makeKeyAndRequest(name);
      return {
        key,
        certificate: await certify(certificateRequest, 'client', lifeMs),
        authority: certificate,
      };
    },
    async serverCredentials() {
      const { key, certificateRequest } = await makeKeyAndRequest('hub.weir');
      return { key, certificate: await certify(certificateRequest, 'server') };
    },
  };
}

function serial(): string {
  return `00${randomBytes(8).toString('hex')}`;
}
