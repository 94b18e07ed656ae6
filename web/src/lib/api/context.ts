import { createContext } from 'svelte';
import type { Api } from './client.ts';

/** The client that components use for mutations and subscriptions; set once by the root layout. */
export const [useApi, provideApi] = createContext<Api>();
