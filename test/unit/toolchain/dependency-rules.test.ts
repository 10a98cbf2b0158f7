import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Each rule of `.dependency-cruiser.cjs` is broken once, on purpose, in a small tree of the same shape, and must be
 * reported by its name for that file. The tree without a violation must be clean, or the reports would prove nothing.
 */

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** A tree that obeys every rule: path → the modules it imports (`type:` in front for a type-only import). */
const CLEAN: Record<string, string[]> = {
  'domain/money.ts': [],
  'domain/deal-registration/rules.ts': ['domain/money.ts'],
  'workflows/index.ts': ['workflows/deal-registration.ts'],
  'workflows/deal-registration.ts': [
    'workflows/contracts/deal-registration.ts',
    'domain/deal-registration/rules.ts',
    'type:activities/deal-registration.ts',
    '@temporalio/workflow',
  ],
  'workflows/contracts/deal-registration.ts': ['domain/money.ts'],
  'activities/deal-registration.ts': [
    'adapters/store/deal-registration.ts',
    'type:adapters/gateways/mail.ts',
    'domain/money.ts',
    'api/contract/policies.ts',
  ],
  'adapters/config.ts': ['zod'],
  'adapters/store/deal-registration.ts': ['domain/money.ts', 'pg'],
  'adapters/store/inbox-reads.ts': ['pg'],
  'adapters/store/receipts.ts': ['pg'],
  'adapters/gateways/mail.ts': ['nodemailer'],
  'adapters/calendar/compile.ts': ['luxon'],
  'workers/main.ts': [
    'adapters/config.ts',
    'adapters/gateways/mail.ts',
    'adapters/calendar/compile.ts',
    'activities/deal-registration.ts',
    '@temporalio/worker',
  ],
  'api/main.ts': ['adapters/config.ts', 'api/app.ts'],
  'api/app.ts': ['api/routes/deal-registrations.ts', 'express'],
  'api/routes/deal-registrations.ts': [
    'adapters/store/inbox-reads.ts',
    'adapters/store/receipts.ts',
    'workflows/contracts/deal-registration.ts',
    'api/contract/deal-registrations.ts',
    '@temporalio/client',
  ],
  'api/contract/deal-registrations.ts': ['domain/money.ts', 'zod'],
  'api/contract/policies.ts': ['zod'],
  'web/src/main.tsx': [
    'web/src/features/inbox/page.ts',
    'web/src/features/deal-registration/page.ts',
    'react',
  ],
  'web/src/features/inbox/page.ts': ['web/src/lib/fetch.ts', 'api/contract/deal-registrations.ts'],
  'web/src/features/deal-registration/page.ts': ['domain/money.ts'],
  'web/src/lib/fetch.ts': [],
  'scripts/test.ts': ['test/setup/servers.ts'],
  'test/setup/servers.ts': [],
  'test/unit/rules.test.ts': ['domain/deal-registration/rules.ts'],
};

/** What is added to the clean tree, and the rule that must object to it. `from` may be a new file. */
const VIOLATIONS: [rule: string, from: string, to: string][] = [
  ['domain-imports-only', 'domain/money.ts', 'adapters/config.ts'],
  ['domain-imports-only', 'domain/money.ts', 'type:workflows/contracts/deal-registration.ts'],
  ['domain-is-pure', 'domain/money.ts', 'zod'],
  ['domain-is-pure', 'domain/money.ts', 'node:crypto'],
  ['domain-is-pure', 'domain/money.ts', 'type:luxon'],
  ['workflows-imports-only', 'workflows/deal-registration.ts', 'activities/deal-registration.ts'],
  ['workflows-imports-only', 'workflows/deal-registration.ts', 'adapters/calendar/compile.ts'],
  ['workflows-types-from-activities', 'workflows/deal-registration.ts', 'type:adapters/config.ts'],
  ['workflows-types-from-activities', 'workflows/deal-registration.ts', 'type:api/contract/policies.ts'],
  ['workflows-packages', 'workflows/deal-registration.ts', 'zod'],
  ['workflows-packages', 'workflows/deal-registration.ts', 'node:fs'],
  ['workflows-packages', 'workflows/deal-registration.ts', '@temporalio/client'],
  ['contracts-stand-alone', 'workflows/contracts/deal-registration.ts', 'workflows/deal-registration.ts'],
  [
    'contracts-stand-alone',
    'workflows/contracts/deal-registration.ts',
    'type:activities/deal-registration.ts',
  ],
  ['activities-imports-only', 'activities/deal-registration.ts', 'api/app.ts'],
  ['activities-imports-only', 'activities/deal-registration.ts', 'workflows/deal-registration.ts'],
  ['activities-not-temporal-client', 'activities/deal-registration.ts', '@temporalio/client'],
  ['gateways-as-types', 'activities/deal-registration.ts', 'adapters/gateways/mail.ts'],
  ['adapters-imports-only', 'adapters/config.ts', 'workers/main.ts'],
  ['adapters-imports-only', 'adapters/store/inbox-reads.ts', 'api/routes/deal-registrations.ts'],
  ['prisma-in-store-only', 'adapters/config.ts', 'pg'],
  ['prisma-in-store-only', 'api/app.ts', 'pg'],
  ['prisma-in-store-only', 'activities/deal-registration.ts', '@prisma/client'],
  ['api-imports-only', 'api/app.ts', 'workflows/deal-registration.ts'],
  ['api-reads-only', 'api/routes/deal-registrations.ts', 'adapters/store/deal-registration.ts'],
  ['api-reads-only', 'api/app.ts', 'adapters/gateways/mail.ts'],
  ['api-no-activities-or-workers', 'api/main.ts', 'activities/deal-registration.ts'],
  ['api-no-activities-or-workers', 'api/app.ts', 'type:workers/main.ts'],
  ['api-engine-client-only', 'api/app.ts', '@temporalio/worker'],
  ['api-contract-is-shareable', 'api/contract/policies.ts', 'api/app.ts'],
  ['api-contract-is-shareable', 'api/contract/policies.ts', 'express'],
  ['workers-imports-only', 'workers/main.ts', 'api/app.ts'],
  ['workers-imports-only', 'workers/main.ts', 'web/src/lib/fetch.ts'],
  ['web-imports-only', 'web/src/lib/fetch.ts', 'adapters/config.ts'],
  ['web-imports-only', 'web/src/lib/fetch.ts', 'api/app.ts'],
  ['web-no-server-packages', 'web/src/lib/fetch.ts', 'node:fs'],
  ['web-no-server-libraries', 'web/src/lib/fetch.ts', '@temporalio/client'],
  ['web-no-server-libraries', 'web/src/lib/fetch.ts', 'pino'],
  [
    'web-features-independent',
    'web/src/features/inbox/page.ts',
    'web/src/features/deal-registration/page.ts',
  ],
  ['express-in-api-only', 'workers/main.ts', 'express'],
  ['nobody-imports-entry-points', 'workers/bundle-workflows.ts', 'workers/main.ts'],
  ['nobody-imports-entry-points', 'test/unit/rules.test.ts', 'api/main.ts'],
  ['nobody-imports-tests', 'adapters/config.ts', 'test/setup/servers.ts'],
  ['nobody-imports-tests', 'scripts/demo.ts', 'test/setup/servers.ts'],
  ['no-cycles', 'domain/money.ts', 'domain/deal-registration/rules.ts'],
  ['no-dead-files', 'domain/forgotten.ts', 'domain/money.ts'],
  ['no-dead-files', 'adapters/store/forgotten-reads.ts', 'pg'],
  ['no-unresolvable', 'api/app.ts', 'domain/not-there.ts'],
  ['no-unresolvable', 'api/app.ts', 'not-a-package-of-ours'],
];

type Violation = { from: string; to: string; rule: { name: string } };

let tree = '';

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'fairlead-rules-'));
  for (const name of ['.dependency-cruiser.cjs', 'package.json', 'tsconfig.json'])
    cpSync(join(ROOT, name), join(tree, name));
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  for (const [path, imports] of Object.entries(CLEAN)) write(tree, path, imports);
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

test('a tree that obeys the rules is clean', async () => {
  expect(await violations(tree)).toEqual([]);
}, 60_000);

test('every rule is broken at least once below', async () => {
  const rules = (await import(join(ROOT, '.dependency-cruiser.cjs'))).default as {
    forbidden: { name: string }[];
  };
  const broken = new Set(VIOLATIONS.map(([rule]) => rule));
  expect(rules.forbidden.map(({ name }) => name).filter((name) => !broken.has(name))).toEqual([]);
});

/** All at once: the tool reports each pair of files under each rule, so none can hide behind another. */
test('each seeded violation is caught by its rule', async () => {
  const seeded = new Map<string, string[]>();
  for (const [, from, to] of VIOLATIONS) seeded.set(from, [...(seeded.get(from) ?? CLEAN[from] ?? []), to]);
  for (const [path, imports] of seeded) write(tree, path, imports);
  const found = await violations(tree);
  const missed = VIOLATIONS.filter(([rule, from, to]) => {
    const target = to.replace(/^(type|node):/, '');
    return !found.some((one) => {
      if (one.rule.name !== rule) return false;
      // A forgotten file is reported as itself, a cycle from either of its ends.
      if (rule === 'no-dead-files') return one.to === from || one.from === from;
      if (rule === 'no-cycles' && one.from === target) return one.to === from;
      return one.from === from && one.to.includes(target);
    });
  });
  expect(missed).toEqual([]);
}, 120_000);

const write = (folder: string, path: string, imports: readonly string[]): void => {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  const lines = imports.map((target, index) => {
    const typeOnly = target.startsWith('type:');
    const module = target.replace('type:', '');
    const up = '../'.repeat(path.split('/').length - 1) || './';
    const specifier = /^(domain|workflows|activities|adapters|workers|api|web|test|scripts)\//.test(module)
      ? `${up}${module}`
      : module;
    return typeOnly
      ? `import type { T${index} } from '${specifier}';\nexport type U${index} = T${index};`
      : `import * as m${index} from '${specifier}';\nexport const u${index} = m${index};`;
  });
  writeFileSync(file, `${lines.join('\n')}\nexport const here = '${path}';\n`);
};

const violations = async (folder: string): Promise<Violation[]> => {
  const run = promisify(execFile)(
    process.execPath,
    [
      join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs'),
      ...'--config .dependency-cruiser.cjs --output-type json'.split(' '),
      ...'domain workflows activities adapters workers api web test scripts'.split(' '),
    ],
    { cwd: folder, maxBuffer: 64 * 1024 * 1024 },
  );
  // The tool ends with the number of violations as its exit code; its report is on standard output either way.
  const { stdout } = await run.catch((cause: { stdout: string }) => cause);
  return (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations;
};
