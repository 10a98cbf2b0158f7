import type { z } from 'zod';
import type { Permission } from '../../domain/access.ts';

/** What admits where no session is asked for. `metrics_token`: the bearer token of whoever reads the metrics. */
export const openPermissions = ['public', 'metrics_token'] as const;
export type OpenPermission = (typeof openPermissions)[number];

/**
 * One route of the API as data. The router, the permission check, OpenAPI, the console's client and the
 * test matrix read the same table. The key of a table is `METHOD /path/:param`.
 */
export interface RouteContract {
  /** What it does, in one sentence for the reader of the API's page. */
  readonly summary: string;
  /** What the caller must be allowed to do; all but the open ones need a session. */
  readonly permission: Permission | OpenPermission;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** The successful answer. */
  readonly response: z.ZodType;
  /** The successful status, 200 when absent. */
  readonly status?: 200 | 201 | 204 | 303;
  /**
   * `process`: commits a receipt, calls a workflow, may answer 202; needs an Idempotency-Key.
   * `own`: writes the person's own things or plain configuration in one transaction with its audit row;
   * needs an Idempotency-Key unless it is a PUT or DELETE.
   */
  readonly writes?: 'process' | 'own';
  /** `ETag` in answers and `If-Match` on writes. */
  readonly versioned?: boolean;
  /** Answers of another media type than JSON. */
  readonly produces?:
    | 'text/csv'
    | 'text/event-stream'
    | 'text/html'
    | 'text/plain'
    | 'application/octet-stream';
}

export type RouteTable = Readonly<Record<string, RouteContract>>;

/** Keeps the literal types of a table while checking its shape. */
export function routeTable<const Table extends RouteTable>(table: Table): Table {
  return table;
}
