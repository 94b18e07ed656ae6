import { createSubscriber } from 'svelte/reactivity';

/**
 * The time now, as reactive state: one timer for the whole page, running only while something shows the time, and
 * none on the server.
 */
const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, 10_000);
  return () => clearInterval(timer);
});

export function now(): number {
  subscribe();
  return Date.now();
}
