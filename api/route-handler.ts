import type { z } from 'zod';
import type { OwnTransaction, Sql } from '../adapters/store/app-database.ts';
import type { Principal } from '../domain/access.ts';
import type { RouteContract, RouteTable } from './contract/route.ts';

/** Who asks: a principal and what only a session knows. */
export interface SignedIn extends Principal {
  readonly email: string;
  readonly locale: string;
  readonly timeZone: string;
  /** Hash of the session's token. */
  readonly sessionHash: Buffer;
}

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : Record<string, never>;

/** One request after every check: what a handler gets. */
export interface Call<Contract extends RouteContract = RouteContract> {
  readonly principal: SignedIn;
  readonly params: Parsed<Contract['params']>;
  readonly query: Parsed<Contract['query']>;
  readonly body: Parsed<Contract['body']>;
  /** When it was received, epoch ms. */
  readonly atMs: number;
  /** The version in `If-Match`; null where the route has none. */
  readonly ifMatch: number | null;
}

/** A file in place of JSON. */
export interface FileReply {
  readonly name: string;
  readonly mediaType: string;
  readonly content: string | Buffer;
}

/** A row of the audit chain, written in the transaction of the change. */
export interface AuditNote {
  readonly action: string;
  readonly subject: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** What an own write answers. `audit` is null only for autosaves, renewals of a lease and touches of a session. */
export interface OwnReply<Body> {
  readonly body: Body;
  readonly audit: AuditNote | null;
  readonly clearsSession?: boolean;
}

/** What a process write asks of its case; the pipeline adds key, hash, time and person and makes it a receipt. */
export interface ProcessRequest {
  readonly caseKind: string;
  readonly caseId: string;
  readonly workflowId: string;
  readonly starts: {
    readonly workflowType: string;
    readonly taskQueue: string;
    readonly input: unknown;
  } | null;
  readonly updateName: string;
  readonly facts: object;
  /** What is stored with the receipt; words, names and money belong here. */
  readonly body: object;
  /** The person for whom a deputy acts. */
  readonly actingForId: string | null;
}

type Body<Contract extends RouteContract> = z.input<Contract['response']>;

export type ReadHandler<Contract extends RouteContract = RouteContract> = (
  call: Call<Contract>,
  sql: Sql,
) => Promise<Contract extends { produces: string } ? FileReply : Body<Contract>>;
export type OwnHandler<Contract extends RouteContract = RouteContract> = (
  call: Call<Contract>,
  transaction: OwnTransaction,
) => Promise<OwnReply<Body<Contract>>>;
export type ProcessHandler<Contract extends RouteContract = RouteContract> = (
  call: Call<Contract>,
  sql: Sql,
) => Promise<ProcessRequest>;

export type Handler<Contract extends RouteContract> = Contract extends { writes: 'process' }
  ? ProcessHandler<Contract>
  : Contract extends { writes: 'own' }
    ? OwnHandler<Contract>
    : ReadHandler<Contract>;

/** One handler for each route of a table: neither fewer nor more. */
export type Handlers<Table extends RouteTable> = { readonly [Key in keyof Table]: Handler<Table[Key]> };
