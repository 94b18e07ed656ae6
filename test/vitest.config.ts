import { defineConfig } from 'vitest/config';

const minute = 60_000;

/** Each file starts hubs and nodes of its own, with databases on one server. They wait for each other more than they compute. */
const realProcesses = {
  globalSetup: ['../hub/src/db/testing/global-setup.ts'],
  testTimeout: 3 * minute,
  hookTimeout: 3 * minute,
};

const withoutProcesses = ['security/red-team/counting.test.ts'];

export default defineConfig({
  test: {
    maxWorkers: 2,
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
