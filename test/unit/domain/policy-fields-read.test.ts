import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/*
 * A field of the policy that nothing asks promises something to whoever writes it. The compiler says which fields are read: by
 * property, not by name, so that a field is not taken for another one that is called the same.
 */

const root = join(import.meta.dirname, '../../..');
const SHIPPED = ['domain/', 'activities/', 'adapters/', 'api/', 'workflows/', 'workers/'].map((folder) =>
  join(root, folder),
);
interface Kind {
  readonly stem: string;
  readonly type: string;
  /** Asked of the stored document rather than of its type. */
  readonly readAsJson: Readonly<Record<string, readonly [file: string, text: string]>>;
  /** Asked by what is still to be built: taken out of this list with it. */
  readonly notYet: readonly string[];
  readonly leastFields: number;
}

const kinds: readonly Kind[] = [
  {
    stem: 'deal-registration',
    type: 'DealRegistrationPolicy',
    readAsJson: {
      demonstration: ['domain/policy-document.ts', 'body.demonstration'],
      attainmentTargetPpm: ['adapters/store/operations-reads.ts', "body->>'attainmentTargetPpm'"],
    },
    notYet: [],
    leastFields: 80,
  },
  {
    stem: 'special-pricing',
    type: 'SpecialPricingPolicy',
    readAsJson: { demonstration: ['domain/policy-document.ts', 'body.demonstration'] },
    // What a disputed claim may wait for.
    notYet: ['disputeWithin'],
    leastFields: 40,
  },
];

function load(): { program: ts.Program; checker: ts.TypeChecker } {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: unknown;
  };
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const compilerOptions = { ...options, noEmit: true, types: [] };
  const host = ts.createCompilerHost(compilerOptions);
  // The policy's type is plain: packages need not be read for it, and reading them takes most of the time.
  host.resolveModuleNameLiterals = (names, containingFile) =>
    names.map(({ text }) => ({
      resolvedModule: text.startsWith('.')
        ? { resolvedFileName: join(dirname(containingFile), text), extension: ts.Extension.Ts }
        : undefined,
    }));
  const program = ts.createProgram(
    fileNames.filter((file) => SHIPPED.some((folder) => file.startsWith(folder))),
    compilerOptions,
    host,
  );
  return { program, checker: program.getTypeChecker() };
}

/** Where a property is declared: what it is known by, through `Pick`, unions and copies of the type. */
function declarationsOf(symbol: ts.Symbol): ts.Declaration[] {
  return symbol.declarations ?? [];
}

/** Every place of the document's type, with the declarations of its field. */
function fieldsOf(checker: ts.TypeChecker, type: ts.Type): Map<string, ts.Declaration[]> {
  const fields = new Map<string, ts.Declaration[]>();
  const visit = (at: ts.Type, place: string): void => {
    if (at.isUnion()) {
      for (const part of at.types) visit(part, place);
      return;
    }
    const element = checker.isArrayType(at) ? checker.getTypeArguments(at as ts.TypeReference)[0] : undefined;
    if (element !== undefined) {
      visit(element, `${place}.*`);
      return;
    }
    if ((at.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) === 0) return;
    for (const property of at.getProperties()) {
      const inside = place === '' ? property.name : `${place}.${property.name}`;
      fields.set(inside, [...(fields.get(inside) ?? []), ...declarationsOf(property)]);
      visit(checker.getTypeOfSymbol(property), inside);
    }
  };
  visit(type, '');
  return fields;
}

/** The declarations of every property that shipped code reads: `a.b`, or taken apart as `{ b }`. */
function readIn(
  program: ts.Program,
  checker: ts.TypeChecker,
  ofTheDocument: readonly string[],
): Set<ts.Declaration> {
  const read = new Set<ts.Declaration>();
  const add = (symbol: ts.Symbol | undefined): void => {
    for (const declaration of symbol === undefined ? [] : declarationsOf(symbol)) read.add(declaration);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) add(checker.getSymbolAtLocation(node.name));
    if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
      const name = node.propertyName ?? node.name;
      if (ts.isIdentifier(name)) {
        const taken = checker.getTypeAtLocation(node.parent);
        for (const part of taken.isUnion() ? taken.types : [taken]) add(part.getProperty(name.text));
      }
    }
    ts.forEachChild(node, visit);
  };
  for (const file of program.getSourceFiles())
    if (SHIPPED.some((folder) => file.fileName.startsWith(folder)) && !ofTheDocument.includes(file.fileName))
      visit(file);
  return read;
}

/** Where every field is named because the document has it, whether or not anything asks it. */
function ofTheDocument({ stem }: Kind): string[] {
  return [
    `domain/${stem}/policy.ts`,
    `domain/${stem}/policy-labels.ts`,
    `api/contract/${stem}-policy.ts`,
  ].map((file) => join(root, file));
}

describe('every field of a document is asked by something', () => {
  const { program, checker } = load();

  test.each(kinds)('$stem', (kind) => {
    const files = ofTheDocument(kind);
    const source = program.getSourceFile(files[0] ?? '');
    const declared = source?.statements.find(
      (one) => ts.isInterfaceDeclaration(one) && one.name.text === kind.type,
    );
    if (declared === undefined) throw new RangeError('The type of the policy was not found.');
    const fields = fieldsOf(checker, checker.getTypeAtLocation(declared));
    expect(fields.size).toBeGreaterThan(kind.leastFields);
    const read = readIn(program, checker, files);
    const unread = [...fields].filter(([, declarations]) => !declarations.some((one) => read.has(one)));
    expect(unread.map(([place]) => place).toSorted()).toEqual(
      [...Object.keys(kind.readAsJson), ...kind.notYet].toSorted(),
    );
    for (const [file, text] of Object.values(kind.readAsJson))
      expect([file, readFileSync(join(root, file), 'utf8').includes(text)]).toEqual([file, true]);
  });
});
