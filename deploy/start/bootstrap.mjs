// @ts-check
// What has to happen before TypeScript runs: plain JavaScript for Node 20 and later, without dependencies.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 20;
/** Runs TypeScript directly. */
const TYPESCRIPT_NODE = 24;

export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * Checks Node, installs the packages when they do not match the lock file, and hands over to a TypeScript program under the
 * Node that the project brings along. Ends this process with that program's exit code.
 *
 * @param {string} script path of the program, relative to the project
 * @param {string[]} args
 */
export async function runProgram(script, args) {
  checkNode();
  await installPackages();
  const child = spawn(findTypeScriptNode(), [join(projectRoot, script), ...args], {
    cwd: projectRoot,
    // The program ends when this channel closes, so that it never outlives a killed parent.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: {
      ...process.env,
      PATH: `${join(projectRoot, 'node_modules', '.bin')}:${process.env.PATH}`,
      // Kept from start to start, types already stripped: every process that is started from here is up in half the time.
      NODE_COMPILE_CACHE: join(projectRoot, 'node_modules', '.cache', 'node'),
    },
  });
  for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  if (process.env.npm_lifecycle_event) {
    // npm passes a signal to the shell between it and us, which dies of it and tells nobody.
    const shell = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid === shell) return;
      clearInterval(watch);
      child.kill('SIGTERM');
    }, 500);
    watch.unref();
  }
  child.once('error', (error) => stop(`Node ${TYPESCRIPT_NODE} could not be started: ${error.message}`));
  child.once('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
}

function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= OLDEST_NODE) return;
  stop(
    `Weir needs Node ${OLDEST_NODE} or later to start; this is Node ${process.versions.node}.\n` +
      'Get a current one from https://nodejs.org/en/download, or with your version manager: nvm install 24',
  );
}

async function installPackages() {
  if (isInstalled()) return;
  const started = Date.now();
  console.log('Installing packages; the first time this takes a minute or two.');
  const patience = setInterval(
    () => console.log(`  still installing (${Math.round((Date.now() - started) / 1000)} s)`),
    15_000,
  );
  const [command, ...prefix] = npmCommand();
  const child = spawn(
    command,
    [...prefix, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  child.stderr.on('data', (text) => {
    output += text;
  });
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      resolve(1);
    });
    child.once('close', resolve);
  });
  clearInterval(patience);
  if (code !== 0)
    stop(`${output.trim()}\n\nThe packages could not be installed. Once the cause is gone, start again.`);
  console.log(`  installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

/** Whether the tree that npm recorded last holds every package of the lock file, in its version. */
function isInstalled() {
  const record = join(projectRoot, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = readPackages(join(projectRoot, 'package-lock.json'));
  const present = readPackages(record);
  return Object.entries(wanted).every(([path, entry]) => {
    // Workspaces, and what npm leaves out on this platform.
    if (!path.includes('node_modules/') || entry.link || entry.optional || entry.devOptional) return true;
    return present[path]?.version === entry.version;
  });
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, link?: boolean, optional?: boolean, devOptional?: boolean }>}
 */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

/** The npm that started this, else the one on the path. @returns {[string, ...string[]]} */
function npmCommand() {
  const path = process.env.npm_execpath;
  return path?.endsWith('npm-cli.js') ? [process.execPath, path] : ['npm'];
}

function findTypeScriptNode() {
  const own = join(projectRoot, 'node_modules', '.bin', 'node');
  if (Number(process.versions.node.split('.')[0]) >= TYPESCRIPT_NODE) return process.execPath;
  const answer = spawnSync(own, ['--version'], { encoding: 'utf8' });
  if (answer.status === 0) return own;
  return stop(
    `Node ${TYPESCRIPT_NODE}, which the packages bring along, does not run here: ${answer.error?.message ?? answer.stderr}\n` +
      `Install Node ${TYPESCRIPT_NODE} or later yourself and start again: https://nodejs.org/en/download`,
  );
}

/** @param {string} text @returns {never} */
function stop(text) {
  console.error(text);
  process.exit(1);
}
