import { z } from 'zod';
import { createDocument } from 'zod-openapi';
import type { ZodOpenApiObject, ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi';
import { accepted, problem } from './contract/problem.ts';
import type { RouteContract } from './contract/route.ts';

/** The document of the API (OpenAPI 3.1), made of the schemas that requests are checked with. */
export function openApiDocument(
  tables: Readonly<Record<string, RouteContract>>,
  publicUrl: string,
): ReturnType<typeof createDocument> {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const [name, contract] of Object.entries(tables)) {
    const [method = '', path = ''] = name.split(' ');
    const address = path.replaceAll(/:([A-Za-z]+)/g, '{$1}');
    paths[address] = { ...paths[address], [method.toLowerCase()]: operationOf(name, contract) };
  }
  const document: ZodOpenApiObject = {
    openapi: '3.1.0',
    info: {
      title: 'Fairlead',
      version: '1',
      description:
        'Every write needs the header `x-fairlead: 1`; POST needs an `Idempotency-Key` too: the same key and body give the same answer. A write to a process may answer 202 with the place of its answer. Errors are problems (RFC 9457) of a closed list.',
    },
    servers: [{ url: publicUrl }],
    paths: paths satisfies ZodOpenApiPathsObject,
    components: {
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: publicUrl.startsWith('https:') ? '__Host-fairlead' : 'fairlead',
        },
        metricsToken: { type: 'http', scheme: 'bearer' },
      },
    },
    security: [{ session: [] }],
  };
  return createDocument(document);
}

/** The document asks for a session unless a route says otherwise. */
function securityOf(permission: RouteContract['permission']): Pick<ZodOpenApiOperationObject, 'security'> {
  if (permission === 'public') return { security: [] };
  return permission === 'metrics_token' ? { security: [{ metricsToken: [] }] } : {};
}

const problemContent = { 'application/problem+json': { schema: problem } };

function operationOf(name: string, contract: RouteContract): ZodOpenApiOperationObject {
  const status = String(contract.status ?? 200);
  const mediaType = contract.produces ?? 'application/json';
  const success =
    contract.status === 204 || contract.status === 303
      ? { description: contract.status === 303 ? 'Go on there.' : 'Done.' }
      : {
          description: 'Done.',
          content: {
            [mediaType]: { schema: contract.produces === undefined ? contract.response : z.string() },
          },
        };
  const headers: Record<string, z.ZodType> = {};
  if (contract.writes !== undefined) {
    headers['x-fairlead'] = z.literal('1');
    if (name.startsWith('POST ')) headers['idempotency-key'] = z.string().min(8).max(120);
    if (contract.versioned === true && name.startsWith('PUT ')) headers['if-match'] = z.string();
  }
  return {
    summary: contract.summary,
    operationId: name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
    description: `Permission: \`${contract.permission}\`.`,
    ...securityOf(contract.permission),
    ...(contract.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: contract.body } } } }),
    requestParams: {
      ...(contract.params instanceof z.ZodObject ? { path: contract.params } : {}),
      ...(contract.query instanceof z.ZodObject ? { query: contract.query } : {}),
      ...(Object.keys(headers).length === 0 ? {} : { header: z.object(headers) }),
    },
    responses: {
      [status]: success,
      ...(contract.writes === 'process'
        ? {
            '202': {
              description: 'Accepted; ask `Location` for the answer.',
              content: { 'application/json': { schema: accepted } },
            },
          }
        : {}),
      '4XX': { description: 'A problem of the caller.', content: problemContent },
      '5XX': { description: 'A problem of ours; try again.', content: problemContent },
    },
  };
}
