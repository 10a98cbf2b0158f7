import { z } from 'zod';
import { routeTable } from './route.ts';
import { nothing } from './values.ts';

const readyPart = z.enum(['up', 'down', 'off', 'stopping']);

/** Whether this process should be sent requests, and which part says no. */
export const readiness = z.strictObject({
  status: z.enum(['ready', 'not ready']),
  parts: z.strictObject({
    database: readyPart,
    migrations: readyPart,
    engine: readyPart,
    console: readyPart,
    process: readyPart,
  }),
});
export type Readiness = z.infer<typeof readiness>;

/** The routes that ask for no session. They tell what this process is, and nothing of what is kept. */
export const openRoutes = routeTable({
  'GET /healthz': {
    summary: 'Says that the process lives.',
    permission: 'public',
    response: z.strictObject({ status: z.literal('ok') }),
  },
  'GET /readyz': {
    summary: 'Says which part is down: 200 when none is, else 503 with the same body.',
    permission: 'public',
    response: readiness,
  },
  'GET /metrics': {
    summary: "This process's metrics as Prometheus reads them; without the token it is not there.",
    permission: 'metrics_token',
    response: z.string(),
    produces: 'text/plain',
  },
  'GET /sign-in': {
    summary: 'Sends the browser to the identity provider.',
    permission: 'public',
    response: nothing,
    status: 303,
  },
  'GET /sign-in/callback': {
    summary: 'Where the identity provider sends the browser back to: begins the session.',
    permission: 'public',
    response: nothing,
    status: 303,
  },
  'GET /openapi.json': {
    summary: 'The API as OpenAPI 3.1.',
    permission: 'public',
    response: z.record(z.string(), z.unknown()),
  },
  'GET /docs': {
    summary: 'The API as a page to read.',
    permission: 'public',
    response: z.string(),
    produces: 'text/html',
  },
});
