import { describeEngine } from '../conformance.ts';
import { openTestPodman } from '../testing/test-engines.ts';

const image = process.env.WEIR_TEST_IMAGE ?? 'weir/python:3';

describeEngine('podman', { open: openTestPodman, image, limitsWholeContainers: true });
