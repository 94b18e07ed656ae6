import adapter from '@sveltejs/adapter-node';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

/** Paths of the one web origin that the hub answers itself; in development they are passed on to it. */
const hubPaths = ['/trpc', '/api', '/media', '/files', '/reports', '/uploads', '/healthz'];
const hubUrl = process.env.WEIR_HUB_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [
    sveltekit({
      adapter: adapter(),
      compilerOptions: { runes: true },
      csp: {
        mode: 'nonce',
        directives: {
          'default-src': ['none'],
          'script-src': ['self'],
          'style-src': ['self'],
          // SvelteKit's route announcer hides itself with this one style attribute.
          'style-src-attr': ['unsafe-hashes', 'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo='],
          // Organizers' pages may show pictures from elsewhere; they learn no more than that somebody looked (see Referrer-Policy).
          'img-src': ['self', 'data:', 'https:'],
          'font-src': ['self'],
          'connect-src': ['self'],
          // Detailed results are shown in a sandboxed frame of our own origin.
          'frame-src': ['self'],
          'manifest-src': ['self'],
          'base-uri': ['none'],
          'form-action': ['self'],
          'frame-ancestors': ['none'],
        },
      },
    }),
  ],
  server: { proxy: Object.fromEntries(hubPaths.map((path) => [path, hubUrl])) },
});
