import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { programOf, readProgram, stepMetadata } from './metadata.ts';

describe('metadata', () => {
  it.each([
    ['command: python3 score.py', 'python3 score.py'],
    ['﻿command: python3 score.py\r\ndescription: x\r\n', 'python3 score.py'],
    ['description: x\ncommand: "python3 \'a b\'"', "python3 'a b'"],
    ['command: a\ncommand: b', 'b'],
    ['command: >\n  python3\n  score.py\n', 'python3 score.py\n'],
  ])('%j has a command', (metadata, command) => {
    expect(programOf(metadata)).toEqual({ kind: 'command', command });
  });

  it.each([
    '',
    'description: only that',
    'description: a: b\ncommand: python3 score.py',
    'command:',
    'command: ""',
    'command: [python3, score.py]',
    'command: 7',
    'command: python3 "unclosed',
    '- command: x',
    'just text',
    'a: &a [1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c]\ncommand: x',
  ])('%j has none', (metadata) => {
    expect(programOf(metadata)).toEqual({ kind: 'without-command' });
  });

  it('tells scoring programs how the step went', () => {
    const times = { exitCode: 0, elapsedSeconds: 2, ingestionExitCode: null, ingestionElapsedSeconds: null };
    expect(stepMetadata(times)).toBe(
      'elapsedTime: 2.0\nexitCode: 0\ningestionElapsedTime: null\ningestionExitCode: null\n',
    );
    expect(stepMetadata({ ...times, ingestionElapsedSeconds: 0.25, ingestionExitCode: 1 })).toContain(
      'ingestionElapsedTime: 0.25\ningestionExitCode: 1\n',
    );
  });

  it("gives the ingestion's time as that of the step when nothing else ran", () => {
    const ingestionAlone = {
      exitCode: null,
      elapsedSeconds: null,
      ingestionExitCode: 0,
      ingestionElapsedSeconds: 1.5,
    };
    expect(stepMetadata(ingestionAlone)).toBe(
      'elapsedTime: 1.5\nexitCode: null\ningestionElapsedTime: 1.5\ningestionExitCode: 0\n',
    );
  });
});

describe('a program folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weir-program-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is looked at for metadata.yaml before metadata', async () => {
    await writeFile(join(folder, 'metadata'), 'command: old');
    expect(await readProgram(folder)).toEqual({ kind: 'command', command: 'old' });
    await writeFile(join(folder, 'metadata.yaml'), 'command: new');
    expect(await readProgram(folder)).toEqual({ kind: 'command', command: 'new' });
  });

  it('is looked at at its root alone', async () => {
    await mkdir(join(folder, 'program'));
    await writeFile(join(folder, 'program', 'metadata'), 'command: deep');
    expect(await readProgram(folder)).toEqual({ kind: 'without-metadata' });
  });

  it('has no command in a link or a folder called metadata', async () => {
    await symlink('/etc/hostname', join(folder, 'metadata'));
    expect(await readProgram(folder)).toEqual({ kind: 'without-command' });
    await mkdir(join(folder, 'metadata.yaml'));
    expect(await readProgram(folder)).toEqual({ kind: 'without-command' });
  });

  it('may be absent', async () => {
    expect(await readProgram(null)).toEqual({ kind: 'absent' });
  });
});
