import { defineConfig } from 'vitest/config';

const minute = 60_000;

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['run/**/*.test.ts'] } },
      // Each file starts hubs and nodes of its own; the machine is kept for one file at a time.
      {
        test: {
          name: 'scenario',
          include: ['scenarios/**/*.test.ts', 'security/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 3 * minute,
          hookTimeout: 2 * minute,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['browser/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 3 * minute,
          hookTimeout: 5 * minute,
        },
      },
    ],
  },
});
