import { defineConfig } from 'vitest/config';

const engineTests = 'src/**/*.engine.test.ts';
const serviceTests = 'src/**/*.service.test.ts';

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts'],
          exclude: [engineTests, serviceTests],
          testTimeout: 30_000,
        },
      },
      // Need the engines themselves: Docker at DOCKER_HOST with the image WEIR_TEST_IMAGE, and bubblewrap.
      { test: { name: 'engine', include: [engineTests], testTimeout: 60_000, hookTimeout: 60_000 } },
    ],
  },
});
