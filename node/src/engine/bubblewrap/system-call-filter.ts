import { EngineError } from '../errors.ts';

/**
 * A compiled seccomp filter (classic BPF) for every container, of the same floor as Docker's own profile gives a process without capabilities:
 *
 *   keyrings     fail with EPERM: they belong to a user and not to a container, and outlive it, so that a program that saw data of the site could leave
 *                them there for the next one, which may print what it likes
 *   namespaces   and mounts, likewise: within a user namespace of its own a program is root, may mount file systems that make links without the
 *                system calls for that, and reaches most of the kernel
 *   the kernel   eBPF, io_uring (which makes links, too), userfaultfd, performance counters, file handles, loading of kernels: likewise
 *   clone3       answers ENOSYS, since its flags cannot be looked at; C libraries then use clone, whose flags can
 *
 * With ContainerSpec.denyLinks also link, symlink, mknod and their `at` forms. System calls of another architecture or numbering (32 bit, x32) are
 * refused as a whole, since they would reach the same functions under other numbers.
 */
const EPERM = 1;
const ENOSYS = 38;
const LOAD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_AT_LEAST = 0x35;
const JUMP_IF_ANY_BIT = 0x45;
const RETURN = 0x06;
const ALLOW = 0x7fff_0000;
const FAIL = 0x0005_0000;
const OFFSET_NUMBER = 0;
const OFFSET_ARCHITECTURE = 4;
/** The lower half of the first argument, on machines that store it first. */
const OFFSET_FLAGS = 16;
/** x32 numbers its calls from here; no native number is as high. */
const X32_BIT = 0x4000_0000;
const CLONE_NEW_NAMESPACES = 0x7e02_0000;
const CLONE3 = 435;

/** The same on all architectures, being younger than the agreement on that: io_uring (425 to 427), open_tree to fspick (428 to 433), mount_setattr. */
const YOUNG_CALLS = [425, 426, 427, 428, 429, 430, 431, 432, 433, 442, 467];

interface Architecture {
  readonly audit: number;
  /** Whose first argument holds the flags. */
  readonly clone: number;
  readonly floor: readonly number[];
  readonly links: readonly number[];
}

const architectures: Readonly<Record<string, Architecture>> = {
  x64: {
    audit: 0xc000_003e,
    clone: 56,
    floor: [
      ...[248, 249, 250], // add_key, request_key, keyctl
      ...[272, 308, 155, 165, 166], // unshare, setns, pivot_root, mount, umount2
      ...[321, 298, 323, 303, 304, 246, 320], // bpf, perf_event_open, userfaultfd, file handles, kexec
      ...YOUNG_CALLS,
    ],
    links: [86, 265, 88, 266, 133, 259],
  },
  arm64: {
    audit: 0xc000_00b7,
    clone: 220,
    floor: [
      ...[217, 218, 219],
      ...[97, 268, 41, 40, 39],
      ...[280, 241, 282, 264, 265, 104, 294],
      ...YOUNG_CALLS,
    ],
    // There are no link, symlink and mknod there, only the `at` calls.
    links: [37, 36, 33],
  },
};

export function systemCallFilter(arch: string, denyLinks: boolean): Uint8Array {
  const architecture = architectures[arch];
  if (architecture === undefined) throw new EngineError(`no system call filter is known for ${arch}`);
  const { audit, clone, floor, links } = architecture;
  const refused = denyLinks ? [...floor, ...links] : floor;
  // Each line jumps over so many of those that follow.
  const ends = { allow: 0, refuse: 1, absent: 2 };
  const checks: Check[] = [
    () => instruction(LOAD, OFFSET_ARCHITECTURE),
    (to) => instruction(JUMP_IF_EQUAL, audit, 0, to('refuse')),
    () => instruction(LOAD, OFFSET_NUMBER),
    (to) => instruction(JUMP_IF_AT_LEAST, X32_BIT, to('refuse'), 0),
    ...refused.map(
      (call): Check =>
        (to) =>
          instruction(JUMP_IF_EQUAL, call, to('refuse'), 0),
    ),
    (to) => instruction(JUMP_IF_EQUAL, CLONE3, to('absent'), 0),
    (to) => instruction(JUMP_IF_EQUAL, clone, 0, to('allow')),
    () => instruction(LOAD, OFFSET_FLAGS),
    (to) => instruction(JUMP_IF_ANY_BIT, CLONE_NEW_NAMESPACES, to('refuse'), to('allow')),
  ];
  return Buffer.concat([
    ...checks.map((check, index) => check((end) => checks.length - index - 1 + ends[end])),
    instruction(RETURN, ALLOW),
    instruction(RETURN, FAIL | EPERM),
    instruction(RETURN, FAIL | ENOSYS),
  ]);
}

/** One line of the filter; `to` says how far it is to one of the ends. */
type Check = (to: (end: 'allow' | 'refuse' | 'absent') => number) => Uint8Array;

/** struct sock_filter: code, how far to jump when true and when false (counted from the next one), operand. */
function instruction(code: number, operand: number, whenTrue = 0, whenFalse = 0): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(whenTrue, 2);
  bytes.writeUInt8(whenFalse, 3);
  bytes.writeUInt32LE(operand, 4);
  return bytes;
}
