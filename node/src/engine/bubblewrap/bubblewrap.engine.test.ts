import { describeEngine } from '../conformance.ts';
import { BubblewrapEngine } from './bubblewrap-engine.ts';

describeEngine('bubblewrap', { open: () => BubblewrapEngine.open(), image: 'any' });
