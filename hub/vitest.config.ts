import { defineConfig } from 'vitest/config';

/** `unit` needs nothing but this tree; `service` needs PostgreSQL, which its global setup starts once. */
export default defineConfig({
  test: {
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts'],
          exclude: ['src/**/*.service.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'service',
          include: ['src/**/*.service.test.ts'],
          globalSetup: ['src/db/testing/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
