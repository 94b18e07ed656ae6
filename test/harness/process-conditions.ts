import { readFileSync } from 'node:fs';
import net from 'node:net';

// Loaded into a process before its own program (NODE_OPTIONS=--import): leads its connections over wires in the test's hands, and sets its clock.

/** Ports that connections are meant for, to the ports of the wires that lead there. */
const wires = readConditions().wires;
const connect = net.connect.bind(net) as (...args: unknown[]) => net.Socket;

Object.assign(net, {
  connect(...args: unknown[]) {
    const [target, ...rest] = args;
    if (target instanceof Object && 'port' in target) {
      const wire = wires[String(target.port)];
      if (wire !== undefined) return connect({ ...target, port: wire }, ...rest);
    }
    return connect(...args);
  },
});

const TrueDate = Date;
let aheadMs = readConditions().clockAheadMs;
setInterval(() => {
  aheadMs = readConditions().clockAheadMs;
}, 100).unref();

class SetDate extends TrueDate {
  constructor(...args: [] | ConstructorParameters<typeof TrueDate>) {
    if (args.length === 0) super(SetDate.now());
    else super(...args);
  }

  static override now(): number {
    return TrueDate.now() + aheadMs;
  }
}
Object.assign(globalThis, { Date: SetDate });

function readConditions(): { wires: Record<string, number>; clockAheadMs: number } {
  return JSON.parse(readFileSync(process.env.WEIR_TEST_CONDITIONS!, 'utf8'));
}
