import { onMount } from 'svelte';

/**
 * False until the page's script is at work. Forms are sent by script, so a button that would do nothing yet, or worse
 * put what was typed into the address, waits for this.
 */
export function hydration(): { readonly done: boolean } {
  let done = $state(false);
  onMount(() => {
    done = true;
  });
  return {
    get done() {
      return done;
    },
  };
}
