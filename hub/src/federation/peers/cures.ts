/** What administrators can do about a problem with a peer, by its stable code. */
const CURES: Readonly<Record<string, string>> = {
  peer_unreachable:
    'It is tried again by itself. Should that last: check that this machine may connect to its address; where it has moved, change its address here.',
  peer_slow:
    'It is there and does not answer in time. It is tried again by itself; ask its administrators how loaded it is.',
  peer_redirects:
    'Its address sends elsewhere. Ask its administrators where it answers, and change its address here.',
  peer_answer_invalid:
    'What answers there is not this version of Weir, or something in between changes answers: a proxy, a login page.',
  peer_answer_too_large:
    'It answered with more than was asked for. Ask its administrators; pause it if it goes on.',
  hub_document_invalid:
    'What it says of itself does not hold: a wrong clock, or something in between that changes it.',
  clock_skewed: 'The clocks of the two hubs differ too much. Synchronise both (NTP).',
  peer_unknown:
    'It does not know this hub: it may have been restored from a backup, or have ended the relation. Peer anew.',
  peer_blocked:
    'Its administrators have blocked this hub. Ask them why; end the relation here if it is over.',
  peer_revoked: 'Its administrators have ended the relation. A new invitation begins anew.',
  peer_paused: 'Its administrators have paused what it does for this hub. Ask them why, and until when.',
  peer_not_confirmed: 'Its administrators have not confirmed yet. Remind them; nothing is to be done here.',
  identity_changed: 'It does not believe this hub’s keys: its administrators have to accept them.',
  key_unknown: 'It could not read this hub’s keys: check that it can reach this hub’s public address.',
  key_retired: 'This hub signed with a key that has ended. Start its processes again.',
  audience_wrong:
    'Another hub answers at its address. Ask its administrators where it answers, and change its address here.',
  rate_exceeded: 'This hub calls more often than it lets. Ask its administrators for more calls a minute.',
  scope_missing: 'It no longer lets this hub do that. Ask its administrators for the scope.',
  protocol_unsupported: 'The two hubs speak no common protocol: one of them needs an upgrade.',
};

export function cureOf(problem: string): string {
  return CURES[problem] ?? 'Ask its administrators, with this code and the time.';
}
