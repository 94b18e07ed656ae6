import { describeEngine } from '../conformance.ts';
import { BubblewrapEngine } from './bubblewrap-engine.ts';

const open = () => BubblewrapEngine.open();
const { limitsWholeContainers } = await open();

describeEngine('bubblewrap', { open, image: 'any', limitsWholeContainers });
