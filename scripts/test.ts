import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startServers } from '../test/setup/servers.ts';
import { buildConsole, generateClient, validateSchema } from './generated-code.ts';
import { step } from './steps.mjs';

/**
 * `npm test`: the whole check. Each static step counts as one test, each Jest test as itself, a suite that did not load
 * as one failure. The last line is `N passed, N failed`, and the exit code says the same.
 */

const ROOT = join(import.meta.dirname, '..');
const STEP_DEADLINE_MS = 20 * 60_000;
const FOLDERS = [
  'domain',
  'workflows',
  'activities',
  'adapters',
  'workers',
  'api',
  'web',
  'test',
  'scripts',
  'prisma',
];

const PROJECTS = ['unit', 'integration', 'long-clocks', 'replay', 'faults', 'browser'] as const;
type Project = (typeof PROJECTS)[number];

type Count = { passed: number; failed: number };

const HELP = `npm test -- [stem …] [options]

  stem            run only the Jest files whose path contains one of these words, and no static steps
  --only a,b      only these steps: schema, types, bench-types, lint, format, imports, unused, ${PROJECTS.join(', ')}
  --help          this text
`;

const STATIC_STEPS: { name: string; title: string; run: () => Promise<void> }[] = [
  {
    name: 'schema',
    title: 'database schema and its client',
    run: async () => {
      await validateSchema();
      await generateClient();
    },
  },
  { name: 'types', title: 'types', run: () => tool('typescript/bin/tsc', ['--noEmit', '-p', '.']) },
  {
    // All of it but the three files that need a rival's package, which is installed for a run of the bench only.
    name: 'bench-types',
    title: 'types of the bench',
    run: () => tool('typescript/bin/tsc', ['--noEmit', '-p', 'bench/tsconfig.without-rivals.json']),
  },
  {
    name: 'lint',
    title: 'lint',
    run: () => tool('oxlint/bin/oxlint', ['--type-aware', '--deny-warnings', ...FOLDERS, 'bench']),
  },
  { name: 'format', title: 'format', run: () => tool('oxfmt/bin/oxfmt', ['--check', ...FOLDERS, 'bench']) },
  {
    name: 'imports',
    title: 'import rules',
    run: () =>
      tool('dependency-cruiser/bin/dependency-cruiser.mjs', [
        '--config',
        '.dependency-cruiser.cjs',
        '--output-type',
        'err-long',
        ...FOLDERS,
      ]),
  },
  { name: 'unused', title: 'unused code', run: () => tool('knip/bin/knip.js', ['--no-progress']) },
];

const main = async (): Promise<Count> => {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    allowPositionals: true,
    options: { only: { type: 'string' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const names = [...STATIC_STEPS.map(({ name }) => name), ...PROJECTS];
  const only = values.only?.split(',');
  const unknown = only?.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new Error(`--only ${unknown}: there is no such step; there are ${names.join(', ')}`);
  const wanted = (name: string): boolean => only === undefined || only.includes(name);

  const total: Count = { passed: 0, failed: 0 };
  const add = ({ passed, failed }: Count): void => {
    total.passed += passed;
    total.failed += failed;
  };
  if (positionals.length === 0) {
    for (const { name, title, run } of STATIC_STEPS) if (wanted(name)) add(await asOneTest(title, run));
  } else {
    // The tests import the client; making it is no check here.
    await step('Prisma client', generateClient);
  }
  add(await jestProjects(PROJECTS.filter(wanted), positionals));
  return total;
};

const asOneTest = async (title: string, run: () => Promise<unknown>): Promise<Count> => {
  try {
    await step(title, run);
    return { passed: 1, failed: 0 };
  } catch (cause) {
    process.stdout.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
    return { passed: 0, failed: 1 };
  }
};

/** One run of Jest a project, all on the same servers. A word that no test file carries is a failure, not a success. */
const jestProjects = async (projects: readonly Project[], stems: readonly string[]): Promise<Count> => {
  const total: Count = { passed: 0, failed: 0 };
  const inUse: Project[] = [];
  for (const project of projects) if ((await testFiles(project, stems)).length > 0) inUse.push(project);
  if (inUse.length === 0) {
    if (stems.length === 0) return total;
    process.stdout.write(`no test file matches ${stems.join(' ')}\n`);
    return { passed: 0, failed: 1 };
  }
  let servers: Awaited<ReturnType<typeof startServers>> | undefined;
  try {
    for (const project of inUse) {
      if (project !== 'unit' && servers === undefined) {
        servers = await step('servers for tests: Postgres, Temporal, workflow bundle', () => startServers());
      }
      // What the browser is shown: the console as it ships, of these sources.
      if (project === 'browser') {
        await step('console', async (note) => {
          if (!(await buildConsole())) note('up to date');
        });
      }
      const count = await runJest(project, stems);
      total.passed += count.passed;
      total.failed += count.failed;
    }
  } catch (cause) {
    process.stdout.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
    total.failed += 1;
  } finally {
    await servers?.stop();
  }
  return total;
};

const JEST = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const JEST_SCRIPT = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');

const testFiles = async (project: Project, stems: readonly string[]): Promise<string[]> => {
  const { said } = await node([
    ...JEST,
    JEST_SCRIPT,
    '--selectProjects',
    project,
    '--listTests',
    '--',
    ...stems,
  ]);
  return said.split('\n').filter((line) => line.endsWith('.test.ts'));
};

type JestResult = {
  numPassedTests: number;
  numFailedTests: number;
  numRuntimeErrorTestSuites: number;
  numTotalTestSuites: number;
};

const runJest = async (project: Project, stems: readonly string[]): Promise<Count> => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-jest-'));
  const file = join(folder, 'result.json');
  const count: Count = { passed: 0, failed: 0 };
  try {
    await step(`tests: ${project}`, async (note) => {
      const { code, said } = await node([
        ...JEST,
        JEST_SCRIPT,
        '--selectProjects',
        project,
        '--json',
        '--outputFile',
        file,
        // A browser, a page and a server take both cores: two of them only take turns.
        ...(project === 'browser' ? ['--runInBand'] : []),
        '--',
        ...stems,
      ]);
      const result = readResult(file);
      count.passed = result?.numPassedTests ?? 0;
      count.failed = (result?.numFailedTests ?? 0) + (result?.numRuntimeErrorTestSuites ?? 0);
      // Jest itself failed (a set-up that threw, a crash, the deadline): that must never look like success.
      if (code !== 0 && count.failed === 0) count.failed = 1;
      note(`${count.passed} passed, ${count.failed} failed in ${result?.numTotalTestSuites ?? 0} files`);
      if (count.failed > 0) throw new Error(said.trim());
    });
  } catch (cause) {
    process.stdout.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return count;
};

const readResult = (file: string): JestResult | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JestResult;
  } catch {
    // Jest ended before it wrote one; the caller counts that as a failure.
    return undefined;
  }
};

/** Runs a package's program. Throws with everything it printed when it fails. */
const tool = async (script: string, toolArguments: readonly string[]): Promise<void> => {
  const { code, said } = await node([join(ROOT, 'node_modules', script), ...toolArguments]);
  if (code !== 0) throw new Error(said.trim() === '' ? `${script} ended with ${code}` : said.trim());
};

const node = (nodeArguments: readonly string[]): Promise<{ code: number | null; said: string }> =>
  new Promise((settle, fail) => {
    const child = spawn(process.execPath, [...nodeArguments], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: STEP_DEADLINE_MS,
      killSignal: 'SIGKILL',
    });
    const said: string[] = [];
    const keep = (text: string): void => void said.push(text);
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', fail);
    child.on('close', (code) => settle({ code, said: said.join('') }));
  });

const startedMs = Date.now();
const count = await main().catch((cause: unknown): Count => {
  process.stdout.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
  return { passed: 0, failed: 1 };
});
process.stdout.write(`\nin ${((Date.now() - startedMs) / 1000).toFixed(0)} s\n`);
process.stdout.write(`${count.passed} passed, ${count.failed} failed\n`);
process.exitCode = count.failed === 0 && count.passed > 0 ? 0 : 1;
