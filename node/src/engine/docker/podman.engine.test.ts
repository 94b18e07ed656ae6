import { describeEngine } from '../conformance.ts';
import { DockerEngine } from './docker-engine.ts';

const image = process.env.WEIR_TEST_IMAGE ?? 'weir/python:3';
const open = () => DockerEngine.connect({ host: process.env.WEIR_TEST_PODMAN });

describeEngine('podman', { open, image, limitsWholeContainers: true });
