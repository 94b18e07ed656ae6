import 'reflect-metadata';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface KeyAndRequest {
  /** PKCS #8, PEM. Never leaves the site. */
  readonly key: string;
  /** PKCS #10, PEM. */
  readonly certificateRequest: string;
}

/** Makes a key pair and asks for a certificate of it. The hub decides what the certificate says; the name is a wish. */
export async function makeKeyAndRequest(name: string): Promise<KeyAndRequest> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [name] }],
    keys,
    signingAlgorithm: ALGORITHM,
  });
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  return { key: toPem('PRIVATE KEY', der), certificateRequest: request.toString('pem') };
}

function toPem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
