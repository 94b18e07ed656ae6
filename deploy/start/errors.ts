/** The start cannot go on; the message is for the person at the terminal: what is wrong and what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code = 'start';
}
