import { runProgram } from '../../deploy/start/bootstrap.mjs';

await runProgram('test/run/run.ts', process.argv.slice(2));
