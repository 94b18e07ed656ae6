import { runProgram } from './bootstrap.mjs';

await runProgram('deploy/start/start.ts', process.argv.slice(2));
