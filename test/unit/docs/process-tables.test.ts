import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clockKinds } from '../../../domain/deal-registration/clocks.ts';
import {
  closureCodes,
  registrationStatuses,
  registrationTransitions,
} from '../../../domain/deal-registration/status.ts';
import { dealRegistrationUpdates } from '../../../workflows/contracts/deal-registration.ts';

/*
 * The tables of a process page are the claim that nothing of the process lacks a route, a screen, a test on the engine or a
 * picture. This holds them to it: complete against the code, no cell empty, and what a cell names exists.
 */

const ROOT = join(import.meta.dirname, '..', '..', '..');
const PAGE = join('docs', 'processes', 'deal-registration.md');
const PROCESS = 'deal-registration';

interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Each table with the heading above it. */
function tablesOf(text: string): Table[] {
  return text.split(/^## /m).flatMap((section) => {
    const lines = section.split('\n').filter((line) => line.startsWith('|'));
    const [columns, , ...rows] = lines.map(cellsOf);
    return columns === undefined ? [] : [{ title: section.split('\n')[0] ?? '', columns, rows }];
  });
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

const codeOf = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '');

function emptyCells({ title, columns, rows }: Table): string[] {
  return rows.flatMap((row) =>
    columns
      .filter((_column, place) => ['', '-', '–', '—', 'none', '?'].includes((row[place] ?? '').toLowerCase()))
      .map((column) => `${title}: ${row[0] ?? ''} has no ${column}`),
  );
}

const FOLDERS: Readonly<Record<string, string>> = {
  lc: 'test/long-clocks',
  in: 'test/integration',
  fa: 'test/faults',
  re: 'test/replay',
  un: 'test/unit/domain',
};

/** A test by its short name, with or without the name of the process before it. */
function testExists(name: string): boolean {
  const [kind = '', ...words] = name.split(' ');
  const folder = FOLDERS[kind];
  const file = words.join(' ');
  return (
    folder !== undefined &&
    file !== '' &&
    [`${PROCESS}-${file}`, file].some((stem) => existsSync(join(ROOT, folder, `${stem}.test.ts`)))
  );
}

/** Where there is none, a cell says why in words; a reason alone will not do for a test. */
const isReason = (cell: string): boolean => /^none: .{6,}/.test(cell);

const nothingToFind: Readonly<Record<string, (cell: string) => string[]>> = {
  route: (cell) =>
    codeOf(cell).length === 0 && !isReason(cell)
      ? [cell]
      : codeOf(cell).filter((code) => !/^[A-Z]+ \/api\//.test(code)),
  screen: (cell) =>
    codeOf(cell).length === 0 && !isReason(cell)
      ? [cell]
      : codeOf(cell).filter((code) => !existsSync(join(ROOT, 'web/src/features', `${code}.tsx`))),
  'engine test': (cell) => cell.split(', ').filter((name) => !testExists(name)),
  picture: (cell) =>
    codeOf(cell).length === 0 && !isReason(cell)
      ? [cell]
      : codeOf(cell).filter((code) => !existsSync(join(ROOT, 'docs/images', code))),
};

function notThere({ title, columns, rows }: Table): string[] {
  return rows.flatMap((row) =>
    columns.flatMap((column, place) =>
      (nothingToFind[column]?.(row[place] ?? '') ?? []).map((what) => `${title}: ${column} ${what}`),
    ),
  );
}

/** "`a` → `b`, `c` (final)" as the pairs it says; a draft is no state of a case. */
function pairsOf(cell: string): string[] {
  const [from = '', to = ''] = cell.split(' → ');
  const [source] = codeOf(from);
  return codeOf(to).map((target) => `${source ?? from} ${target}`);
}

const page = readFileSync(join(ROOT, PAGE), 'utf8');
const tables = tablesOf(page);
const firstColumn = (title: string): string[] =>
  tables.find((table) => table.title === title)?.rows.map(([first]) => first ?? '') ?? [];

test.each(['States', 'Transitions', 'Clocks', 'Closure codes', 'Rules', 'Verbs'])(
  '%s have a route, a screen, a test on the engine and a picture',
  (title) => {
    const columns = tables.find((table) => table.title === title)?.columns;
    expect(columns).toEqual(expect.arrayContaining(['route', 'screen', 'engine test', 'picture']));
  },
);

test.each(tables)('no cell is empty: $title', (table) => {
  expect(emptyCells(table)).toEqual([]);
});

test.each(tables)('what a cell names exists: $title', (table) => {
  expect(notThere(table)).toEqual([]);
});

describe('complete against the code', () => {
  test('states', () => {
    expect(firstColumn('States')).toEqual([
      'draft',
      ...registrationStatuses.map((status) => `\`${status}\``),
    ]);
  });

  test('transitions', () => {
    const all = registrationStatuses.flatMap((from) =>
      registrationTransitions[from].map((to) => `${from} ${to}`),
    );
    expect(firstColumn('Transitions').flatMap(pairsOf).toSorted()).toEqual(
      ['draft submitted', ...all].toSorted(),
    );
  });

  test('clocks', () => {
    expect(firstColumn('Clocks').flatMap(codeOf).toSorted()).toEqual([...clockKinds].toSorted());
  });

  test('closure codes', () => {
    expect(firstColumn('Closure codes').flatMap(codeOf).toSorted()).toEqual([...closureCodes].toSorted());
  });

  test('verbs', () => {
    expect(firstColumn('Verbs').flatMap(codeOf)).toEqual([...dealRegistrationUpdates]);
  });
});

test('every picture is shown somewhere', () => {
  const texts = [
    'README.md',
    ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
  ]
    .filter((name) => name.endsWith('.md'))
    .map((name) => readFileSync(join(ROOT, name), 'utf8'))
    .join('\n');
  expect(readdirSync(join(ROOT, 'docs/images')).filter((name) => !texts.includes(name))).toEqual([]);
});

test('each check finds what is wrong, and nothing else', () => {
  const [table] = tablesOf(
    [
      '## Wrong',
      '',
      '| state | route | screen | engine test | picture |',
      '| --- | --- | --- | --- | --- |',
      '| one | `GET /api/tasks` | `inbox/inbox-case` | in life, un absence | `inbox.png` |',
      '| two | none: the clock acts | none: the clock acts | in no-such-test | `no-such.png` |',
      '| three | somewhere | `inbox/no-such` | none: there is none |  |',
      '| four | none | `inbox/inbox-case` | xx life | none: nothing to see |',
    ].join('\n'),
  );
  if (table === undefined) throw new Error('The table was not read.');
  expect(emptyCells(table)).toEqual(['Wrong: three has no picture', 'Wrong: four has no route']);
  expect(notThere(table)).toEqual([
    'Wrong: engine test in no-such-test',
    'Wrong: picture no-such.png',
    'Wrong: route somewhere',
    'Wrong: screen inbox/no-such',
    'Wrong: engine test none: there is none',
    'Wrong: picture ',
    'Wrong: route none',
    'Wrong: engine test xx life',
  ]);
  expect(pairsOf('`a` → `b`, `c` (final)')).toEqual(['a b', 'a c']);
  expect(pairsOf('draft → `b`')).toEqual(['draft b']);
});
