/** Waits for a named condition; says what it saw last when it does not come. */
export async function waitFor(what: string, condition: () => unknown, timeoutMs = 5_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const seen = condition();
    if (seen) return;
    if (Date.now() > deadline)
      throw new Error(`${what} did not happen within ${timeoutMs} ms; last: ${String(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
