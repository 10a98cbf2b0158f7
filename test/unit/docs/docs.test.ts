import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/*
 * Documents name files, pages, commands and routes; this holds them to it. Each check is a function of a page, so that
 * the checks are tested too, on a page in which everything is wrong.
 */

const ROOT = join(import.meta.dirname, '..', '..', '..');
const IMAGE_LIMIT_BYTES = 300 * 1024;

interface Page {
  /** From the root of the project. */
  readonly path: string;
  readonly text: string;
}

const pages: readonly Page[] = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name))
    .toSorted(),
].map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));

const scripts = Object.keys(
  (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> })
    .scripts,
);

const routes: ReadonlySet<string> = new Set(
  readdirSync(join(ROOT, 'api', 'contract')).flatMap((name) =>
    allOf(
      /'((?:GET|POST|PUT|DELETE) \/api\/[^']+)'/g,
      readFileSync(join(ROOT, 'api', 'contract', name), 'utf8'),
    ),
  ),
);

/** The first group of every match. */
function allOf(pattern: RegExp, text: string): string[] {
  return [...text.matchAll(pattern)].map(([, group]) => group ?? '');
}

/** A page without what stands in fences and code spans: links in there are examples. */
function prose(text: string): string {
  return text.replaceAll(/^```[^]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, 'code');
}

/** The anchor that a heading gets on the usual hosts. */
function anchorOf(heading: string): string {
  return heading
    .replaceAll('`', '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

function deadLinks(page: Page): string[] {
  return allOf(/\]\(([^)\s]+)\)/g, prose(page.text))
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [file = '', anchor] = target.split('#');
      const path = resolve(ROOT, dirname(page.path), file);
      // What lies outside of the project is not there for its reader.
      if (relative(ROOT, path).startsWith('..') || !existsSync(path)) return true;
      if (anchor === undefined) return false;
      const text = file === '' ? page.text : readFileSync(path, 'utf8');
      return !allOf(/^#+ (.+)$/gm, text).some((heading) => anchorOf(heading) === anchor);
    });
}

function unknownCommands(page: Page): string[] {
  const named = allOf(/\bnpm (start|test|run [\w:-]+)/g, page.text).map((words) => words.replace('run ', ''));
  return named.filter((name) => !scripts.includes(name));
}

const TREES = 'activities|adapters|api|bench|docs|domain|prisma|scripts|test|web|workers|workflows|[.]ci';
const ROOT_FILES = /^(?:[.]?[\w-]+[.])+(?:c?[jt]s|json|ya?ml|md)$/;
/** Made by a build or a test run, so not there in a fresh clone. */
const MADE = ['web/dist', 'adapters/store/generated', 'test/output'];

function missingFiles(page: Page): string[] {
  return allOf(/`([^`\n]+)`/g, page.text)
    .flatMap((code) => code.split(/[\s,]+/))
    .filter((word) => new RegExp(`^(?:${TREES})/[\\w./-]*$`).test(word) || isRootFile(word))
    .filter((path) => !MADE.some((made) => path.startsWith(made)) && !existsSync(join(ROOT, path)));
}

/** A bare name is a file of the root when it is one of those that only live there; others are named beside their folder. */
function isRootFile(word: string): boolean {
  return (
    ROOT_FILES.test(word) &&
    /^(?:[.]|package|tsconfig|docker-compose|jest[.]|knip[.]|prisma[.]config)/.test(word)
  );
}

/** Routes named with their method; a part in dots stands for any. */
function unknownRoutes(page: Page): string[] {
  return allOf(/`((?:GET|POST|PUT|DELETE) \/api\/[^`\s…]+)`/g, page.text).filter(
    (route) => !routes.has(route.replace(/\?.*/, '')),
  );
}

const checks: readonly { name: string; find: (page: Page) => string[] }[] = [
  { name: 'links lead somewhere', find: deadLinks },
  { name: 'npm commands exist', find: unknownCommands },
  { name: 'files exist', find: missingFiles },
  { name: 'routes exist', find: unknownRoutes },
];

describe.each(checks)('$name', ({ find }) => {
  test.each(pages.map((page) => [page.path, page] as const))('%s', (_path, page) => {
    expect(find(page)).toEqual([]);
  });
});

test('pictures are small enough to be loaded with the page', () => {
  const folder = join(ROOT, 'docs', 'images');
  const large = readdirSync(folder).filter((name) => statSync(join(folder, name)).size > IMAGE_LIMIT_BYTES);
  expect(large).toEqual([]);
});

test('every decision is in the index', () => {
  const index = readFileSync(join(ROOT, 'docs', 'decisions', 'README.md'), 'utf8');
  const left = readdirSync(join(ROOT, 'docs', 'decisions')).filter(
    (name) => /^\d/.test(name) && !index.includes(`(${name})`),
  );
  expect(left).toEqual([]);
});

describe('each check finds what is wrong, and nothing else', () => {
  const page: Page = {
    path: 'docs/wrong.md',
    text: [
      '# One heading',
      '[a](nowhere.md) [b](../README.md) [c](#one-heading) [d](#another) [e](https://example.org/x) [f](../../etc/passwd)',
      '`[g](example.md)`',
      '`npm start`, `npm run no-such-thing`, npm run verify -- --data X',
      '`domain/no-such-rule.ts`, `domain/task.ts`, `domain/<stem>/policy.ts`, `package.json`, `.no-such-config.json`',
      '`GET /api/tasks`, `GET /api/no-such-thing`, `POST /api/…/decision`',
    ].join('\n'),
  };
  const expected: Readonly<Record<string, string[]>> = {
    'links lead somewhere': ['nowhere.md', '#another', '../../etc/passwd'],
    'npm commands exist': ['no-such-thing'],
    'files exist': ['domain/no-such-rule.ts', '.no-such-config.json'],
    'routes exist': ['GET /api/no-such-thing'],
  };
  test.each(checks)('$name', ({ name, find }) => {
    expect(find(page)).toEqual(expected[name]);
  });
});
