import type { z } from 'zod';
import type {
  dealRegistrationRoutes,
  registrationDraftRoutes,
} from '../../../api/contract/deal-registrations.ts';
import type { directoryRoutes } from '../../../api/contract/directory.ts';
import type { importRoutes } from '../../../api/contract/imports.ts';
import type { myPartnersRoutes } from '../../../api/contract/my-partners.ts';
import type { operationsRoutes } from '../../../api/contract/operations.ts';
import type { calendarRoutes } from '../../../api/contract/calendars.ts';
import type { policyRoutes } from '../../../api/contract/policies.ts';
import type { priceBookRoutes } from '../../../api/contract/price-books.ts';
import type { exchangeRateRoutes } from '../../../api/contract/exchange-rates.ts';
import type { distributorRelationRoutes } from '../../../api/contract/distributor-relations.ts';
import type { Problem } from '../../../api/contract/problem.ts';
import type { roleChangeRoutes } from '../../../api/contract/role-changes.ts';
import type { savedViewRoutes } from '../../../api/contract/saved-views.ts';
import type { sessionRoutes } from '../../../api/contract/session.ts';
import type { absenceRoutes } from '../../../api/contract/absences.ts';
import type { taskRoutes } from '../../../api/contract/tasks.ts';

/** Every route of the API with its types; nothing of the contract but types reaches the browser. */
export type Routes = typeof sessionRoutes &
  typeof savedViewRoutes &
  typeof dealRegistrationRoutes &
  typeof registrationDraftRoutes &
  typeof taskRoutes &
  typeof absenceRoutes &
  typeof directoryRoutes &
  typeof roleChangeRoutes &
  typeof myPartnersRoutes &
  typeof operationsRoutes &
  typeof policyRoutes &
  typeof calendarRoutes &
  typeof importRoutes &
  typeof priceBookRoutes &
  typeof exchangeRateRoutes &
  typeof distributorRelationRoutes;
export type RouteKey = keyof Routes;
export type ReadKey = Extract<RouteKey, `GET ${string}`>;
export type WriteKey = Exclude<RouteKey, ReadKey>;

type Part<Key extends RouteKey, Name extends 'params' | 'query' | 'body'> = Routes[Key] extends {
  readonly [N in Name]: infer Schema extends z.ZodType;
}
  ? { readonly [N in Name]: z.input<Schema> }
  : { readonly [N in Name]?: never };

/** What a call needs: params, query and body, each as its contract says. */
export type Input<Key extends RouteKey> = Part<Key, 'params'> & Part<Key, 'query'> & Part<Key, 'body'>;
/** The successful answer. */
export type Answer<Key extends RouteKey> = z.output<Routes[Key]['response']>;

/** What the API refused, as it said it. `kind` is the end of the problem's type. */
export class ApiProblem extends Error {
  readonly problem: Problem;
  readonly kind: string;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = 'ApiProblem';
    this.problem = problem;
    this.kind = problem.type.split('/').at(-1) ?? 'internal';
  }
}

/** The API could not be reached, or answered something that is not of it. Trying again with the same key is safe. */
export class Unreachable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Unreachable';
  }
}

/** True when the same call may succeed later, unchanged and with the same key. */
export function isPassing(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof ApiProblem && error.problem.status >= 500);
}

interface CallOptions {
  /** One per action of a person, kept when the action is tried again. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** How often a receipt is asked for while the engine has not finished, and for how long. */
const POLL_FIRST_MS = 400;
const POLL_LONGEST_MS = 5_000;
const POLL_GIVE_UP_MS = 120_000;

/** The ETags last seen, by path, so that a write can say what it changes. */
const etags = new Map<string, string>();

/**
 * Calls one route. Writes that were accepted but not finished (202) are followed through their receipt until
 * the final answer. Throws `ApiProblem` or `Unreachable`.
 */
export async function call<Key extends RouteKey>(
  key: Key,
  input: Input<Key>,
  options: CallOptions = {},
): Promise<Answer<Key>> {
  const [method = 'GET', pattern = '/'] = key.split(' ');
  const path = fillPath(pattern, (input.params ?? {}) as Record<string, string>);
  const answer = await send({
    method,
    path: `${path}${queryText((input.query ?? {}) as Record<string, unknown>)}`,
    etagPath: path,
    body: input.body,
    options,
  });
  return answer as Answer<Key>;
}

/** The address of a route that a browser opens itself: a download. */
export function addressOf<Key extends ReadKey>(key: Key, input: Input<Key>): string {
  const [, pattern = '/'] = key.split(' ');
  return `${fillPath(pattern, (input.params ?? {}) as Record<string, string>)}${queryText((input.query ?? {}) as Record<string, unknown>)}`;
}

/** A fresh key for one action. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

interface Sending {
  method: string;
  path: string;
  etagPath: string;
  body: unknown;
  options: CallOptions;
}

async function send(sending: Sending): Promise<unknown> {
  const response = await request(sending);
  if (response.status === 202) return followReceipt(response, sending.options.signal);
  const body = await bodyOf(response);
  rememberEtag(sending, response, body);
  return body;
}

async function request({ method, path, etagPath, body, options }: Sending): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (method !== 'GET') headers['x-fairlead'] = '1';
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (options.idempotencyKey !== undefined) headers['idempotency-key'] = options.idempotencyKey;
  const etag = method === 'PUT' ? etags.get(etagPath) : undefined;
  if (etag !== undefined) headers['if-match'] = etag;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Unreachable('Fairlead cannot be reached.', { cause: error });
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function bodyOf(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  if (!(response.headers.get('content-type') ?? '').includes('json')) return response.text();
  return response.json();
}

async function problemOf(response: Response): Promise<ApiProblem | Unreachable> {
  const type = response.headers.get('content-type') ?? '';
  if (!type.includes('json'))
    return new Unreachable(`Fairlead answered ${response.status} without a reason.`);
  return new ApiProblem((await response.json()) as Problem);
}

/** Asks the receipt until the engine has finished. */
async function followReceipt(accepted: Response, signal: AbortSignal | undefined): Promise<unknown> {
  const { receipt } = (await accepted.json()) as { receipt: string };
  const path = receipt.startsWith('/') ? receipt : `/api/receipts/${encodeURIComponent(receipt)}`;
  const beganMs = performance.now();
  for (let pauseMs = POLL_FIRST_MS; ; pauseMs = Math.min(pauseMs * 1.6, POLL_LONGEST_MS)) {
    await pause(pauseMs);
    const response = await request({
      method: 'GET',
      path,
      etagPath: path,
      body: undefined,
      options: signal === undefined ? {} : { signal },
    });
    if (response.status !== 202) return bodyOf(response);
    if (performance.now() - beganMs > POLL_GIVE_UP_MS) {
      throw new Unreachable(
        'It was accepted and will be done, but takes longer than usual. You can leave this page.',
      );
    }
  }
}

function rememberEtag({ method, etagPath }: Sending, response: Response, body: unknown): void {
  const etag = response.headers.get('etag');
  if (etag === null) return;
  const created = method === 'POST' && typeof body === 'object' && body !== null && 'id' in body;
  etags.set(created ? `${etagPath}/${String(body.id)}` : etagPath, etag);
}

function fillPath(pattern: string, params: Record<string, string>): string {
  return pattern.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

function queryText(query: Record<string, unknown>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === '') continue;
    for (const item of Array.isArray(value) ? value : [value])
      search.append(name, typeof item === 'string' ? item : JSON.stringify(item));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

function pause(lengthMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, lengthMs);
  });
}
