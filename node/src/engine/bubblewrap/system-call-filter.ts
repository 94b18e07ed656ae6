import { EngineError } from '../errors.ts';

/**
 * A compiled seccomp filter (classic BPF) for every container: add_key, request_key and keyctl fail with EPERM. Kernel keyrings belong to a user and
 * not to a container, and outlive it: without this, a program that saw data of the site could leave them there for the next one, which may
 * print what it likes. With ContainerSpec.denyLinks also link, linkat, symlink, symlinkat, mknod, mknodat and io_uring_setup (which can make links
 * too). System calls of another architecture or numbering (32 bit, x32) are refused as a whole, since they would reach the same functions under
 * other numbers.
 */
const EPERM = 1;
const LOAD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_AT_LEAST = 0x35;
const RETURN = 0x06;
const ALLOW = 0x7fff_0000;
const REFUSE = 0x0005_0000 | EPERM;
const OFFSET_NUMBER = 0;
const OFFSET_ARCHITECTURE = 4;
/** x32 numbers its calls from here; no native number is as high. */
const X32_BIT = 0x4000_0000;

interface Architecture {
  readonly audit: number;
  readonly keyrings: readonly number[];
  readonly links: readonly number[];
}

const architectures: Readonly<Record<string, Architecture>> = {
  x64: { audit: 0xc000_003e, keyrings: [248, 249, 250], links: [86, 265, 88, 266, 133, 259, 425] },
  // There are no link, symlink and mknod there, only the `at` calls.
  arm64: { audit: 0xc000_00b7, keyrings: [217, 218, 219], links: [37, 36, 33, 425] },
};

export function systemCallFilter(arch: string, denyLinks: boolean): Uint8Array {
  const architecture = architectures[arch];
  if (architecture === undefined) throw new EngineError(`no system call filter is known for ${arch}`);
  const { audit, keyrings, links } = architecture;
  const calls = denyLinks ? [...keyrings, ...links] : keyrings;
  const refuseAt = calls.length + 5;
  const program = [
    instruction(LOAD, OFFSET_ARCHITECTURE),
    instruction(JUMP_IF_EQUAL, audit, 0, refuseAt - 2),
    instruction(LOAD, OFFSET_NUMBER),
    instruction(JUMP_IF_AT_LEAST, X32_BIT, refuseAt - 4, 0),
    ...calls.map((call, index) => instruction(JUMP_IF_EQUAL, call, refuseAt - 5 - index, 0)),
    instruction(RETURN, ALLOW),
    instruction(RETURN, REFUSE),
  ];
  return Buffer.concat(program);
}

/** struct sock_filter: code, how far to jump when true and when false (counted from the next one), operand. */
function instruction(code: number, operand: number, whenTrue = 0, whenFalse = 0): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(whenTrue, 2);
  bytes.writeUInt8(whenFalse, 3);
  bytes.writeUInt32LE(operand, 4);
  return bytes;
}
