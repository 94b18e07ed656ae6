"""
Stands in for `apptainer` where there is none, by means of bwrap: the options that the engine uses, with the effects that Apptainer's manual gives them, and
a FATAL error for any other. Isolation that the command line does not ask for is not given, so that a forgotten option shows.
"""
import argparse
import csv
import json
import os
import sys

FOLDERS = ['/usr/bin', '/usr/lib', '/usr/lib64', '/usr/sbin', '/usr/local', '/usr/share', '/etc/alternatives', '/etc/ld.so.cache', '/etc/python3']
LINKS = ['/bin', '/sbin', '/lib', '/lib64']


def fatal(text):
    sys.stderr.write(f'FATAL:   {text}\n')
    sys.exit(255)


class Parser(argparse.ArgumentParser):
    def error(self, message):
        fatal(message)


def options():
    parser = Parser(add_help=False, allow_abbrev=False)
    for flag in ['containall', 'cleanenv', 'no-home', 'no-eval', 'no-umask', 'net', 'no-privs', 'nv']:
        parser.add_argument(f'--{flag}', action='store_true')
    for option in ['no-mount', 'network', 'hostname', 'drop-caps', 'workdir', 'pwd', 'memory', 'memory-swap', 'cpus', 'pids-limit']:
        parser.add_argument(f'--{option}')
    for option in ['security', 'mount']:
        parser.add_argument(f'--{option}', action='append', default=[])
    parser.add_argument('image')
    parser.add_argument('command', nargs=argparse.REMAINDER)
    return parser


def mount(line):
    fields = next(csv.reader([line]))
    pairs = dict(field.split('=', 1) for field in fields if '=' in field)
    if pairs['type'] != 'bind' or not os.path.exists(pairs['source']):
        fatal(f'mount {line} is not possible')
    return ['--ro-bind' if 'ro' in fields else '--bind', pairs['source'], pairs['destination']]


def software():
    args = [word for folder in ['/usr', '/etc', '/var'] for word in ['--perms', '0755', '--dir', folder]]
    for folder in filter(os.path.exists, FOLDERS):
        args += ['--ro-bind', folder, folder]
    for link in filter(os.path.islink, LINKS):
        args += ['--symlink', os.readlink(link), link]
    passwd = os.memfd_create('passwd', 0)
    os.write(passwd, b'root:x:0:0:root:/root:/bin/sh\n')
    os.lseek(passwd, 0, os.SEEK_SET)
    return args + ['--perms', '0444', '--ro-bind-data', str(passwd), '/etc/passwd']


def scratch(workdir):
    if workdir is None:
        return ['--perms', '1777', '--size', str(64 << 20), '--tmpfs', '/tmp', '--perms', '1777', '--size', str(64 << 20), '--tmpfs', '/var/tmp']
    args = []
    for name, target in [('tmp', '/tmp'), ('var_tmp', '/var/tmp')]:
        path = os.path.join(workdir, name)
        os.makedirs(path)
        os.chmod(path, 0o1777)
        args += ['--bind', path, target]
    return args


def sandbox(given):
    security = dict(option.split(':', 1) for option in given.security)
    as_root = os.getuid() == 0
    if not as_root and security:
        fatal('--security requires root')
    if not given.containall:
        fatal('this stand-in knows containers with --containall alone')
    args = ['bwrap', '--die-with-parent', '--new-session', '--unshare-pid', '--unshare-ipc', '--unshare-cgroup-try']
    args += ['--unshare-net'] if given.net and given.network == 'none' else []
    args += ['--unshare-uts', '--hostname', given.hostname] if given.hostname else []
    args += ['--clearenv', '--setenv', 'PATH', '/usr/local/bin:/usr/bin:/bin', '--setenv', 'LANG', 'C.UTF-8'] if given.cleanenv else []
    args += software() + ['--proc', '/proc', '--dev', '/dev', '--perms', '1777', '--size', str(64 << 20), '--tmpfs', '/dev/shm'] + scratch(given.workdir)
    parents = []
    for line in given.mount:
        target = mount(line)[2]
        steps = target.split('/')[1:-1]
        parents += ['/' + '/'.join(steps[: at + 1]) for at in range(len(steps))]
    for parent in dict.fromkeys(parents):
        args += ['--perms', '0755', '--dir', parent]
    for line in given.mount:
        args += mount(line)
    args += ['--chdir', given.pwd, '--remount-ro', '/dev', '--remount-ro', '/']
    if 'seccomp' in security:
        if not os.path.exists(security['seccomp']):
            fatal('there is no seccomp profile')
        with open(security['seccomp']) as profile:
            refused = {name for rule in json.load(profile)['syscalls'] if rule['action'] == 'SCMP_ACT_ERRNO' for name in rule['names']}
        if 'keyctl' not in refused:
            fatal('this stand-in knows profiles that refuse keyrings alone')
        chosen = 'links.bpf' if 'symlinkat' in refused else 'floor.bpf'
        descriptor = os.open(os.path.join(os.environ['STAND_IN_FILTERS'], chosen), os.O_RDONLY)
        os.set_inheritable(descriptor, True)
        args += ['--seccomp', str(descriptor)]
    if as_root:
        args += ['--cap-drop', 'ALL', '--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID', '--cap-add', 'CAP_SETPCAP'] if given.no_privs else []
    args += ['--', 'setpriv']
    if as_root and 'uid' in security:
        args += ['--reuid', security['uid'], '--regid', security['gid'], '--clear-groups']
    if given.no_privs and given.drop_caps == 'all':
        args += ['--inh-caps=-all', '--ambient-caps=-all'] + (['--bounding-set=-all'] if as_root else [])
    return args + ['--no-new-privs', '--'] + given.command


def main(words):
    if words == ['--version']:
        print('apptainer version 1.3.6')
        return
    if words[0] == '--silent':
        words = words[1:]
    if words[0] != 'exec':
        fatal('While making image from oci registry: no registry can be reached')
    given = options().parse_args(words[1:])
    if not os.path.exists(given.image):
        fatal(f'could not open image {given.image}: no such file or directory')
    os.umask(0o022)
    args = sandbox(given)
    os.execvp(args[0], args)


main(sys.argv[1:])
