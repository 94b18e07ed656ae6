import { defineEnvVars } from '@sveltejs/kit/env';

export const variables = defineEnvVars({
  WEIR_HUB_URL: {
    description: 'Where the portal reaches the hub for server-side loads, for example http://127.0.0.1:8080',
    schema: (value) => {
      const url = value ?? 'http://127.0.0.1:8080';
      if (!URL.canParse(url))
        throw new Error(`WEIR_HUB_URL is not a URL: ${url}. Example: http://127.0.0.1:8080`);
      return url;
    },
  },
});
