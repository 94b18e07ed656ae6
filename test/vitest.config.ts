import { defineConfig } from 'vitest/config';

const minute = 60_000;

/** Each file starts hubs and nodes of its own, with databases on one server; the machine is kept for one file at a time. */
const realProcesses = {
  globalSetup: ['../hub/src/db/testing/global-setup.ts'],
  fileParallelism: false,
  testTimeout: 2 * minute,
  hookTimeout: 2 * minute,
};

const withoutProcesses = ['security/red-team/counting.test.ts'];

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['run/**/*.test.ts', 'harness/**/*.test.ts', ...withoutProcesses] } },
      {
        test: {
          name: 'scenario',
          include: ['scenarios/**/*.test.ts', 'security/**/*.test.ts'],
          exclude: withoutProcesses,
          ...realProcesses,
        },
      },
      { test: { name: 'browser', include: ['browser/**/*.test.ts'], ...realProcesses } },
    ],
  },
});
