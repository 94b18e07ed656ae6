const SENTENCES: Readonly<Record<string, string>> = {
  sign_in_lost:
    'This sign-in was begun in another browser, took too long, or has been used. Please begin again.',
  institution_unavailable:
    'The institution does not answer as it should. Try again later, or sign in another way.',
  institution_refused: 'The institution did not let you sign in, or you did not go through with it.',
  institution_answer_invalid: 'What the institution answered does not hold. Please begin again.',
  institution_missing: 'This hub does not offer that institution any more.',
  identity_taken:
    'This identity belongs to another account of this hub. Sign in with it, and remove it there first.',
  account_suspended: 'This account is suspended. Ask the administrators of this hub.',
  person_suspended: 'This hub does not let you in any more. Ask its administrators.',
  consent_withdrawn: 'You have withdrawn at your home hub what you had agreed to. Agree again there first.',
  peer_may_not_register: 'This hub does not let people of your home hub in.',
  peer_unreachable: 'Your home hub does not answer. Try again later.',
  peer_slow: 'Your home hub does not answer. Try again later.',
  peer_refused: 'Your home hub did not confirm who you are. Please begin again.',
};

/** For the codes that the hub sends people back with. */
export function problemSentence(code: string): string {
  return SENTENCES[code] ?? 'Signing in elsewhere came to nothing. Please begin again.';
}
