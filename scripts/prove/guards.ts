import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  chmodSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runNode } from './installation.ts';
import { printTable } from '../printed-table.ts';
import { say, seconds, told, type Check } from './table.ts';

/**
 * The tests are tested: each guard is taken out of a copy of the tree, one at a time, and the test files that are to watch
 * over it, unmodified, must turn red there. They are green in an untouched copy first, or red would say nothing.
 */

interface Guard {
  readonly name: string;
  /** What is taken out, in a word or two. */
  readonly removal: string;
  readonly patch: Patch;
  /** The test file that watches over it. */
  readonly file: string;
  /** Part of the name of the test in it that must turn red. */
  readonly test: string;
}

type Patch =
  /** Shipped code: `find` must occur exactly once, spaces and line ends aside. */
  | { readonly kind: 'code'; readonly file: string; readonly find: string; readonly replace: string }
  /** The migrated schema: run after all migrations. */
  | { readonly kind: 'schema'; readonly sql: string };

const GUARDS: readonly Guard[] = [
  {
    name: 'exclusion constraint',
    removal: 'protection may overlap',
    patch: {
      kind: 'schema',
      sql: 'alter table protection drop constraint one_protection_per_account_and_family;',
    },
    file: 'test/integration/deal-registration-rivals.test.ts',
    test: 'the database itself refuses a second protection',
  },
  {
    name: 'self-approval check',
    removal: 'whoever took part may decide',
    patch: {
      kind: 'code',
      file: 'domain/task.ts',
      find: "if (task.excludedIds.includes(decider.personId)) return 'took_part';",
      replace: '',
    },
    file: 'test/integration/deal-registration-life.test.ts',
    test: 'nobody decides over his limit, for another role, or on his own submission',
  },
  {
    name: 'partner filter',
    removal: 'the policy on registrations shows all',
    patch: { kind: 'schema', sql: 'alter policy own_registrations on registration using (true);' },
    file: 'test/integration/api/requests.test.ts',
    test: 'what belongs to another partner does not exist',
  },
  {
    name: 'validator',
    removal: 'the Update is accepted unasked',
    patch: {
      kind: 'code',
      file: 'workflows/case-desk.ts',
      find: '{ validator: (command) => refuseWith(verb.whyNot(command)) },',
      replace: '',
    },
    file: 'test/integration/case-desk.test.ts',
    test: 'leaves no trace in the history',
  },
  {
    name: 'receipt',
    removal: 'nothing is committed before the engine is asked',
    patch: {
      kind: 'code',
      file: 'adapters/store/receipts.ts',
      find: 'const rows = await sql.rows<{ number: number; received_at: Date }>(',
      replace:
        'if (receipt.caseKind !== "") return { number: 1, receivedAtMs: Date.now() }; const rows = await sql.rows<{ number: number; received_at: Date }>(',
    },
    file: 'test/integration/api/requests.test.ts',
    test: 'twenty at once with one key',
  },
  {
    name: 'idempotency key',
    removal: 'each request counts as a new one',
    patch: {
      kind: 'code',
      file: 'api/process-write.ts',
      find: 'const { database, scope, principal, route, idempotencyKey, atMs } = write;',
      replace:
        'const { database, scope, principal, route, atMs } = write; const idempotencyKey = crypto.randomUUID();',
    },
    file: 'test/integration/api/requests.test.ts',
    test: 'twenty at once with one key',
  },
  {
    name: 'seal',
    removal: 'the hash leaves the content out',
    patch: {
      kind: 'code',
      file: 'domain/audit-chain.ts',
      find: 'subject: row.subject, content: row.content,',
      replace: 'subject: row.subject,',
    },
    file: 'test/integration/audit-seal.test.ts',
    test: 'content edited',
  },
];

const ROOT = join(import.meta.dirname, '..', '..');
/** What a test run needs of the tree; packages and downloaded programs are linked. */
const COPIED = [
  'activities',
  'adapters',
  'api',
  'docs',
  'domain',
  'prisma',
  'scripts',
  'test',
  'web/src',
  'workers',
  'workflows',
  'jest.config.mjs',
  'package.json',
  'tsconfig.json',
];
const LINKED = ['node_modules', '.cache'];
const RUN_DEADLINE_MS = 300_000;
/** Generous: a busy machine must not look like a missing guard. */
const TEST_TIMEOUT_MS = 60_000;

/** Breaks each guard once and prints guard × tests × red?. */
export const proveGuards = async (): Promise<Check[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-guards-'));
  // As root, Postgres runs as another user, who must pass through here.
  chmodSync(folder, 0o711);
  try {
    const checks: Check[] = [];
    const rows: string[][] = [];
    const files = [...new Set(GUARDS.map(({ file }) => file))];
    const names = [...new Set(GUARDS.map(({ test }) => test))];
    const untouched = await runTests({ tree: copyTree(join(folder, 'untouched')), files, names });
    const green = untouched.loaded && untouched.failed.length === 0 && untouched.passed >= names.length;
    rows.push(['(none)', '', `all ${names.length}`, green ? 'green' : 'RED', figures(untouched)]);
    checks.push(told({ name: 'the untouched copy is green', passed: green, seen: figures(untouched) }));
    if (!green) say(untouched.said.slice(-6_000));
    for (const guard of GUARDS) {
      const tree = copyTree(join(folder, guard.name.replaceAll(' ', '-')));
      applyPatch(tree, guard.patch);
      const result = await runTests({ tree, files: [guard.file], names: [guard.test] });
      const red = result.failed.some(({ name, timedOut }) => name.includes(guard.test) && !timedOut);
      rows.push([
        guard.name,
        guard.removal,
        `${guard.file}: ${guard.test}`,
        red ? 'red' : 'GREEN',
        figures(result),
      ]);
      checks.push(
        told({ name: `${guard.name} removed turns its test red`, passed: red, seen: figures(result) }),
      );
      if (!red) say(result.said.slice(-3_000));
      rmSync(tree, { recursive: true, force: true });
    }
    printTable(['guard', 'removed', 'test', 'red?', 'figures'], rows);
    return checks;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const copyTree = (target: string): string => {
  mkdirSync(target, { recursive: true });
  for (const path of COPIED) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join(ROOT, path), join(target, path), { recursive: true });
  }
  for (const path of LINKED) symlinkSync(join(ROOT, path), join(target, path));
  return target;
};

const applyPatch = (tree: string, patch: Patch): void => {
  switch (patch.kind) {
    case 'schema': {
      const folder = join(tree, 'prisma', 'migrations', '9999_without_a_guard');
      mkdirSync(folder);
      writeFileSync(join(folder, 'migration.sql'), `${patch.sql}\n`);
      return;
    }
    case 'code': {
      const path = join(tree, patch.file);
      const text = readFileSync(path, 'utf8');
      const places = [...text.matchAll(looseOf(patch.find))];
      const [place] = places;
      // A guard that has moved must be found by a person, not skipped.
      if (place === undefined || places.length !== 1)
        throw new Error(`${patch.file} has ${places.length} places that read: ${patch.find}`);
      writeFileSync(
        path,
        text.slice(0, place.index) + patch.replace + text.slice(place.index + place[0].length),
      );
      return;
    }
    default:
      return patch satisfies never;
  }
};

/** A text as a regular expression that finds nothing else. */
const literally = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** The text whatever its spaces and line ends, which a formatter may move. */
const looseOf = (text: string): RegExp =>
  new RegExp(
    text
      .split(/\s+/)
      .map(literally)
      .join(String.raw`\s+`),
    'g',
  );

interface TestRun {
  readonly passed: number;
  /** A test that only timed out is red for another reason than a missing guard. */
  readonly failed: readonly { readonly name: string; readonly timedOut: boolean }[];
  /** False when a file could not be loaded, or Jest itself failed. */
  readonly loaded: boolean;
  readonly durationMs: number;
  readonly said: string;
}

interface JestReport {
  readonly numPassedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Runs the tests of these names in these files of a copy, with servers of its own. */
const runTests = async (input: {
  tree: string;
  files: readonly string[];
  names: readonly string[];
}): Promise<TestRun> => {
  const { tree, files, names } = input;
  const report = join(tree, 'report.json');
  const beganMs = Date.now();
  const { said } = await runNode(
    [
      '--experimental-vm-modules',
      join(tree, 'node_modules', 'jest', 'bin', 'jest.js'),
      '--rootDir',
      tree,
      '--config',
      join(tree, 'jest.config.mjs'),
      '--selectProjects',
      'integration',
      '--testTimeout',
      String(TEST_TIMEOUT_MS),
      '--testNamePattern',
      names.map(literally).join('|'),
      '--json',
      '--outputFile',
      report,
      '--runTestsByPath',
      ...files.map((file) => join(tree, file)),
    ],
    process.env,
    { cwd: tree, deadlineMs: RUN_DEADLINE_MS },
  );
  const durationMs = Date.now() - beganMs;
  const result = readReport(report);
  if (result === null) return { passed: 0, failed: [], loaded: false, durationMs, said };
  return {
    passed: result.numPassedTests,
    failed: result.testResults.flatMap(({ assertionResults }) =>
      assertionResults
        .filter(({ status }) => status === 'failed')
        .map(({ fullName, failureMessages }) => ({
          name: fullName,
          timedOut: failureMessages.some((message) => message.includes('Exceeded timeout')),
        })),
    ),
    loaded: result.numRuntimeErrorTestSuites === 0,
    durationMs,
    said,
  };
};

const readReport = (path: string): JestReport | null => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as JestReport;
  } catch {
    // Jest ended before it wrote one: the caller counts that as a run that did not load.
    return null;
  }
};

const figures = ({ passed, failed, durationMs }: TestRun): string =>
  `${passed} passed, ${failed.length} failed, ${seconds(durationMs)}`;
