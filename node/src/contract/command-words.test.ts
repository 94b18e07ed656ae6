import { expect, it } from 'vitest';
import { CommandSyntaxError, commandWords } from './command-words.ts';

it.each([
  ['python3 score.py', ['python3', 'score.py']],
  ['  a\t b\r\nc ', ['a', 'b', 'c']],
  [`a 'b c' "d e"`, ['a', 'b c', 'd e']],
  [`a'b'"c"d`, ['abcd']],
  [`"" ''`, ['', '']],
  [String.raw`a\ b \'`, ['a b', "'"]],
  [String.raw`'a\b'`, [String.raw`a\b`]],
  [String.raw`"a\"b\\c\d"`, [String.raw`a"b\c\d`]],
  ['a; b | c > d # e $HOME *', ['a;', 'b', '|', 'c', '>', 'd', '#', 'e', '$HOME', '*']],
  ['', []],
])('splits %j', (command, words) => {
  expect(commandWords(command)).toEqual(words);
});

it.each([`a "b`, `a 'b`, 'a \\', '"a\\'])('refuses %j', (command) => {
  expect(() => commandWords(command)).toThrow(CommandSyntaxError);
});
