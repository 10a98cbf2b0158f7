import { z } from 'zod';
import { openApiDocument } from '../../../api/openapi.ts';
import { joinRoutes, RegistryError, routeTables } from '../../../api/registry.ts';
import { localPath } from '../../../api/sign-in.ts';
import { csvOf } from '../../../api/csv.ts';
import { poisonIn } from '../../../api/middleware/request-body.ts';
import { Ajv2020 } from 'ajv/dist/2020.js';

const contract = { summary: 'x', permission: 'session.read', response: z.string() } as const;
const handler = (): Promise<string> => Promise.resolve('');

describe('booting', () => {
  test('joins routes with their handlers', () => {
    expect(joinRoutes({ 'GET /api/x': contract }, { 'GET /api/x': handler })).toHaveLength(1);
  });

  test.each([
    ['a route without a handler', { 'GET /api/x': contract }, {}, 'no handler'],
    ['a handler without a route', {}, { 'GET /api/x': handler }, 'no route'],
    [
      'a route without a permission',
      { 'GET /api/x': { ...contract, permission: undefined as unknown as 'session.read' } },
      { 'GET /api/x': handler },
      'permission',
    ],
    [
      'a permission that does not exist',
      { 'GET /api/x': { ...contract, permission: 'all' as unknown as 'session.read' } },
      { 'GET /api/x': handler },
      'permission',
    ],
    [
      'an open route where the record is shown',
      { 'GET /api/x': { ...contract, permission: 'public' as const } },
      { 'GET /api/x': handler },
      'permission',
    ],
    [
      'a route outside of /api that asks for a session',
      { 'GET /x': contract },
      { 'GET /x': handler },
      'permission',
    ],
  ])('fails with %s', (_name, table, handlers, words) => {
    expect(() => joinRoutes(table, handlers)).toThrow(RegistryError);
    expect(() => joinRoutes(table, handlers)).toThrow(words);
  });
});

describe('OpenAPI', () => {
  const document = openApiDocument(routeTables, 'http://127.0.0.1:3000');

  test('has an operation for every route, each with its own id', () => {
    const operations = Object.values(document.paths ?? {}).flatMap((item) =>
      Object.values(item as Record<string, { operationId: string }>),
    );
    expect(operations).toHaveLength(Object.keys(routeTables).length);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  });

  test('says of each open route that it asks for no session', () => {
    const securityOf = (path: string): unknown =>
      (document.paths?.[path] as { get: { security?: unknown } } | undefined)?.get.security;
    expect(securityOf('/healthz')).toEqual([]);
    expect(securityOf('/metrics')).toEqual([{ metricsToken: [] }]);
    expect(securityOf('/api/session')).toBeUndefined();
  });

  test('every schema in it is JSON Schema 2020-12, every reference leads somewhere, every path parameter is described', () => {
    expect(document.openapi).toBe('3.1.0');
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    for (const [path, item] of Object.entries(document.paths ?? {})) {
      for (const operation of Object.values(
        item as Record<
          string,
          {
            parameters?: { in: string; name: string; required?: boolean }[];
            responses: Record<string, { content?: Record<string, { schema: object }> }>;
            requestBody?: { content: Record<string, { schema: object }> };
          }
        >,
      )) {
        const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
        expect(
          (operation.parameters ?? [])
            .filter((one) => one.in === 'path')
            .map(({ name }) => name)
            .toSorted(),
        ).toEqual(named.toSorted());
        const contents = [
          ...Object.values(operation.responses).flatMap(({ content }) => Object.values(content ?? {})),
          ...Object.values(operation.requestBody?.content ?? {}),
        ];
        for (const { schema } of contents) expect(ajv.validateSchema(schema)).toBe(true);
      }
    }
    for (const [, reference = ''] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = reference
        .split('/')
        .reduce<unknown>((place, step) => (place as Record<string, unknown> | undefined)?.[step], document);
      expect({ reference, found: found !== undefined }).toEqual({ reference, found: true });
    }
  });
});

test('a return address leads nowhere else', () => {
  expect(localPath('/inbox?sort=due')).toBe('/inbox?sort=due');
  for (const address of [
    'https://elsewhere.example',
    '//elsewhere.example',
    '/\\elsewhere.example',
    'inbox',
    undefined,
    '/a\nb',
    ['/x'],
  ])
    expect(localPath(address)).toBe('/');
});

test('cells that a spreadsheet would run become text', () => {
  expect(csvOf(['a'], [['=1+1'], ['+1'], ['-1'], ['@x'], ['\tx'], ['fine'], [-5]])).toBe(
    "a\r\n'=1+1\r\n'+1\r\n'-1\r\n'@x\r\n'\tx\r\nfine\r\n-5\r\n",
  );
});

test('poison is found wherever it lies, and clean values are let through', () => {
  expect(poisonIn({ a: ['b', 1, null, { c: 'ü😀' }] })).toEqual([]);
  expect(poisonIn({ a: [{ b: 'x\u0000' }] })).toEqual([
    { pointer: '/a/0/b', reason: 'Contains a NUL character.' },
  ]);
  expect(poisonIn(JSON.parse('{"a":{"__proto__":1}}'))[0]?.pointer).toBe('/a/__proto__');
  expect(poisonIn({ ['k\ud800']: 1 })).toHaveLength(1);
});
