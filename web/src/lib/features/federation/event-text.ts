import type { FederationOverview } from '#lib/api/types.ts';
import { scopeWords } from './scopes.ts';

type Event = FederationOverview['events'][number];
type Details = Event['details'];

/** What happened, as a sentence; `hub` is the peer that it is about. */
const SENTENCES: Readonly<Record<string, (hub: string, details: Details) => string>> = {
  invited: (_, { note, scopes }) => `Invitation made for ${text(note)}. It may: ${words(scopes)}`,
  invitation_withdrawn: (_, { note }) => `Invitation for ${text(note)} withdrawn`,
  invitation_accepted: (hub, { scopes }) => `Invitation of ${hub} accepted. It may: ${words(scopes)}`,
  asked: (hub, { address }) =>
    `${hub} at ${text(address)} has accepted an invitation and asks to be confirmed`,
  confirmed: (hub, { scopes }) => `${hub} confirmed. It may: ${words(scopes)}`,
  scopes_set: (hub, { scopes }) => `${hub} may from now on: ${words(scopes)}`,
  rate_set: (hub, { callsPerMinute }) => `${hub} may make ${text(callsPerMinute)} calls a minute`,
  moved: (hub, { address }) => `Address of ${hub} changed to ${text(address)}`,
  paused: (hub) => `${hub} paused`,
  resumed: (hub) => `${hub} resumed`,
  revoked: (hub) => `Relation with ${hub} ended`,
  blocked: (hub) => `${hub} blocked`,
  unblocked: (hub) => `${hub} unblocked`,
  identity_changed: (hub, { fingerprint }) =>
    `${hub} shows keys that are not linked to the known ones: ${text(fingerprint)}`,
  identity_accepted: (hub) => `New keys of ${hub} accepted`,
  identity_kept: (hub) => `Known keys of ${hub} kept`,
  keys_rotated: (hub) => `${hub} has made a new key`,
  peer_said: (hub, { state, scopes }) => said(hub, text(state), scopes),
  own_key_rotated: (_, { keyId }) => `New key of this hub: ${text(keyId)}`,
  own_key_retired: (_, { keyId }) => `Key of this hub ended: ${text(keyId)}`,
  evaluation_granted: (hub, { competitionId, site, dataset }) =>
    `Competition ${text(competitionId)} of ${hub} may use ${text(dataset)} of ${text(site)}`,
  evaluation_withdrawn: (hub, { competitionId, dataset }) =>
    `Competition ${text(competitionId)} of ${hub} may use ${text(dataset)} no more`,
  catalogue_restarted: (hub) => `The catalogue of ${hub} is read from its beginning again`,
  catalogue_problem: (hub, { detail }) => `The catalogue of ${hub} could not be read: ${text(detail)}`,
};

export function eventText({ kind, peer, details }: Pick<Event, 'kind' | 'peer' | 'details'>): string {
  const hub = peer ?? 'a hub';
  return SENTENCES[kind]?.(hub, details) ?? `${kind.replaceAll('_', ' ')}${peer ? `: ${peer}` : ''}`;
}

function said(hub: string, state: string, scopes: unknown): string {
  if (state === 'active') return `This hub may, at ${hub}: ${words(scopes)}`;
  const states: Readonly<Record<string, string>> = {
    waiting: 'waits for this hub to confirm',
    asking: 'has not confirmed yet',
    paused: 'has paused this hub',
    identity_changed: 'does not believe the keys of this hub until its administrators decide',
    revoked: 'has ended the relation',
    blocked: 'has blocked this hub',
  };
  return `${hub} ${states[state] ?? `says: ${state}`}`;
}

const words = (scopes: unknown): string => scopeWords(Array.isArray(scopes) ? scopes : []);
const text = (value: unknown): string => (value === undefined || value === null ? 'unknown' : String(value));
