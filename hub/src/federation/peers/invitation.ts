import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { bodyDigest } from '../calls/token.ts';
import { hubAddress, keyId } from '../hub-document.ts';
import { PeeringError } from './errors.ts';

const PREFIX = 'weirpeer1.';

/** What an administrator hands to another: where the hub is, whom to expect there, and the one-time secret. */
export interface Invitation {
  readonly address: string;
  /** Fingerprint of the inviting hub's oldest key. */
  readonly fingerprint: string;
  readonly secret: string;
}

export const invitationSecret = z.string().regex(/^[\w-]{43}$/);
const invitation = z.object({ address: hubAddress, fingerprint: keyId, secret: invitationSecret });

export function newSecret(): { secret: string; digest: string } {
  const secret = randomBytes(32).toString('base64url');
  return { secret, digest: bodyDigest(secret) };
}

export function writeInvitation(content: Invitation): string {
  return PREFIX + Buffer.from(JSON.stringify(content)).toString('base64url');
}

/** @throws PeeringError */
export function readInvitation(code: string): Invitation {
  try {
    const text = code.trim();
    if (!text.startsWith(PREFIX)) throw new Error('another prefix');
    return invitation.parse(JSON.parse(Buffer.from(text.slice(PREFIX.length), 'base64url').toString('utf8')));
  } catch {
    throw new PeeringError(
      'invitation_unreadable',
      'this is no invitation: it begins with weirpeer1. and has to be copied whole',
    );
  }
}
