import { describe, it } from 'vitest';
import { describeEngine } from '../conformance.ts';
import { DockerEngine } from './docker-engine.ts';

const host = process.env.WEIR_TEST_PODMAN_HOST;

if (host === undefined) {
  describe('engine podman', () => {
    it.skip(
      'is not tried: WEIR_TEST_PODMAN_HOST names no socket of Podman, such as unix:///run/podman/podman.sock',
    );
  });
} else {
  const image = process.env.WEIR_TEST_IMAGE ?? 'weir/python:3';
  describeEngine('podman', { open: () => DockerEngine.connect({ host }), image });
}
