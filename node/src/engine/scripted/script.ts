import type { ContainerRole } from '../engine.ts';
import { EngineError } from '../errors.ts';

/**
 * What a scripted container does, written where the name of an image would stand:
 *
 *   scripted:scores={"accuracy":0.9}
 *   scripted:sleep=200,exit=1
 *   scripted:scoring.oom,output=1000000
 *
 * Words are separated by commas outside of braces. A role and a dot in front of a word restrict it to containers of that role.
 *
 *   scores=JSON        what the scoring role writes as scores.json; `none` writes nothing. Default {"score":1}
 *   sleep=MS           how long it takes; 0 by default
 *   exit=CODE          its exit code; 0 by default
 *   output=BYTES       how much it prints on stdout, in lines
 *   oom                the kernel kills it for its memory limit
 *   not-started        its command is not found: exit code 127
 *   hang               it never ends by itself
 *   image-unavailable  the image cannot be had
 *   engine-failed      the engine fails
 *   crash-node         the node's process is killed at once, as by `kill -9`
 */
export interface Script {
  readonly scores: string | null;
  readonly sleepMs: number;
  readonly exitCode: number;
  readonly outputBytes: number;
  readonly outOfMemory: boolean;
  readonly hang: boolean;
  readonly imageUnavailable: boolean;
  readonly engineFailed: boolean;
  readonly crashNode: boolean;
}

export const PREFIX = 'scripted:';

const quiet: Script = {
  scores: '{"score":1}',
  sleepMs: 0,
  exitCode: 0,
  outputBytes: 0,
  outOfMemory: false,
  hang: false,
  imageUnavailable: false,
  engineFailed: false,
  crashNode: false,
};

/** Reads a script for one role. A reference without the prefix is a real image's name, which scripts nothing. */
export function parseScript(reference: string, role: ContainerRole | 'image'): Script {
  if (!reference.startsWith(PREFIX)) return quiet;
  const own = wordsOf(reference.slice(PREFIX.length)).flatMap((word) => {
    const [, forRole, rest = ''] = /^(?:([a-z-]+)\.)?(.*)$/s.exec(word) ?? [];
    return forRole === undefined || forRole === role ? [rest] : [];
  });
  return Object.assign({}, quiet, ...own.map(meaningOf));
}

function wordsOf(script: string): string[] {
  const words = [''];
  let braces = 0;
  for (const character of script) {
    if (character === '{') braces += 1;
    if (character === '}') braces -= 1;
    if (character === ',' && braces === 0) words.push('');
    else words[words.length - 1] += character;
  }
  return words.filter(Boolean);
}

function meaningOf(word: string): Partial<Script> {
  const [name = '', value = ''] = word.split(/=(.*)/s);
  switch (name) {
    case 'scores':
      return { scores: value === 'none' ? null : value };
    case 'sleep':
      return { sleepMs: count(word, value) };
    case 'exit':
      return { exitCode: count(word, value) };
    case 'output':
      return { outputBytes: count(word, value) };
    case 'oom':
      return { outOfMemory: true };
    case 'not-started':
      return { exitCode: 127 };
    case 'hang':
      return { hang: true };
    case 'image-unavailable':
      return { imageUnavailable: true };
    case 'engine-failed':
      return { engineFailed: true };
    case 'crash-node':
      return { crashNode: true };
    default:
      throw new EngineError(`the scripted engine does not know the word ${word}`);
  }
}

function count(word: string, value: string): number {
  if (!/^\d+$/.test(value)) throw new EngineError(`${word} needs a whole number`);
  return Number(value);
}
