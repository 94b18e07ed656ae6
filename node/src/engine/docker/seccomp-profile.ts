/**
 * A seccomp profile that takes the place of an engine's own. It refuses what that one keeps from a process without capabilities: other namespaces,
 * kernel keyrings, eBPF, tracing and io_uring; and with ContainerSpec.denyLinks what makes links (io_uring can, too).
 * clone3 answers "not implemented", since its flags cannot be looked at; C libraries then use clone, whose flags can.
 */
const EPERM = 1;
const ENOSYS = 38;
const CLONE_NEW_NAMESPACES = 0x7e02_0000;

const linkMaking = ['link', 'linkat', 'symlink', 'symlinkat', 'mknod', 'mknodat'];
const beyondTheFloor = [
  'add_key',
  'bpf',
  'fsconfig',
  'fsmount',
  'fsopen',
  'fspick',
  'io_uring_enter',
  'io_uring_register',
  'io_uring_setup',
  'kcmp',
  'kexec_file_load',
  'kexec_load',
  'keyctl',
  'mount',
  'mount_setattr',
  'move_mount',
  'name_to_handle_at',
  'open_by_handle_at',
  'open_tree',
  'perf_event_open',
  'pivot_root',
  'process_vm_readv',
  'process_vm_writev',
  'ptrace',
  'request_key',
  'setns',
  'umount',
  'umount2',
  'unshare',
  'userfaultfd',
];

export const floorProfile = profileThatRefuses(beyondTheFloor);
export const linkDenyingProfile = profileThatRefuses([...linkMaking, ...beyondTheFloor]);

function profileThatRefuses(names: readonly string[]): string {
  return JSON.stringify({
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures: [
      'SCMP_ARCH_X86_64',
      'SCMP_ARCH_X86',
      'SCMP_ARCH_X32',
      'SCMP_ARCH_AARCH64',
      'SCMP_ARCH_ARM',
    ],
    syscalls: [
      { names, action: 'SCMP_ACT_ERRNO', errnoRet: EPERM },
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
      ...namespaceFlags().map((flag) => ({
        names: ['clone'],
        action: 'SCMP_ACT_ERRNO',
        errnoRet: EPERM,
        args: [{ index: 0, value: flag, valueTwo: flag, op: 'SCMP_CMP_MASKED_EQ' }],
      })),
    ],
  });
}

/** One rule for each bit: a mask compares for equality, and any one of them is refused. */
function namespaceFlags(): number[] {
  return Array.from({ length: 31 }, (_, bit) => 2 ** bit).filter(
    (flag) => (CLONE_NEW_NAMESPACES & flag) !== 0,
  );
}
