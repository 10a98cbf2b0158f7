import { hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/**
 * Everything Fairlead takes from its environment, in one place: no other file of the product reads `process.env`.
 * Secrets appear in no message: an error names the variable and what is wrong with it, never its value.
 */

export type Mode = 'development' | 'production';

/** The three database roles; `owner` runs migrations only, `app` serves the API, `worker` serves workers. */
export type DatabaseRole = 'owner' | 'app' | 'worker';

export type TemporalTls = {
  /** Name expected in the server's certificate, when it differs from the address. */
  serverName?: string;
  /** PEM text of the authority that signed the server's certificate. */
  serverRootCaPem?: string;
  /** PEM text of this client's certificate and key (mutual TLS); both or neither. */
  clientCertificatePem?: string;
  clientKeyPem?: string;
};

export type TemporalConfig = {
  /** `host:port` of the frontend. */
  address: string;
  namespace: string;
  apiKey?: string;
  /** Absent: a plain connection. */
  tls?: TemporalTls;
};

export type SignInConfig =
  | { kind: 'embedded' }
  | { kind: 'external'; issuer: string; clientId: string; clientSecret: string };

export type Keys = {
  /** 32 bytes: encrypts fields such as tax ids; the keyed hash for matching is derived from it. */
  field: Buffer;
  /** 32 bytes: signs session cookies and CSRF tokens. */
  session: Buffer;
  /** 32 bytes: signs the anchors of the audit chain. */
  audit: Buffer;
};

export type Config = {
  mode: Mode;
  /** Connection strings by role; ask for one with `databaseUrl`. */
  database: Partial<Record<DatabaseRole, string>>;
  /** Most connections one process opens. */
  poolSize: number;
  temporal: TemporalConfig;
  /** Address that the API and the workers' metrics listen on; the loopback unless said otherwise. */
  host: string;
  /** Port of the API; 0 takes any free one. */
  port: number;
  /** Address people's browsers use, without a trailing slash. */
  publicUrl: string;
  /** Whether the API serves the console's files. */
  console: boolean;
  signIn: SignInConfig;
  /** `smtp://` or `smtps://` address that mail is handed to. */
  smtpUrl: string;
  mailFrom: string;
  keys: Keys;
  /** Port on which workers answer `/healthz`, `/readyz` and `/metrics`; 0 takes any free one. */
  metricsPort: number;
  /** Who may read the API's metrics brings it; null: nobody may. */
  metricsToken: string | null;
};

export type ConfigProblem = { variable: string; reason: string };

/** Every problem of the environment at once; the message lists variable and reason, a line each. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(
      `the environment is not usable:\n${problems.map((p) => `  ${p.variable}: ${p.reason}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const urlOf = (protocols: readonly string[]) =>
  z.string().superRefine((value, context) => {
    const parsed = URL.canParse(value) ? new URL(value) : undefined;
    if (parsed === undefined || !protocols.includes(parsed.protocol)) {
      context.addIssue({
        code: 'custom',
        message: `must be an address beginning with ${protocols.join('// or ')}//`,
      });
    }
  });

const postgresUrl = urlOf(['postgres:', 'postgresql:']);

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number from 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be a port number from 0 to 65535');

const flag = z
  .enum(['true', 'false'], { message: 'must be true or false' })
  .transform((value) => value === 'true');

const secretKey = z
  .string()
  .regex(/^[A-Za-z0-9+/]{43}=$/, 'must be 32 bytes in base64 (44 characters)')
  .transform((value) => Buffer.from(value, 'base64'));

const variables = z.object({
  FAIRLEAD_MODE: z.enum(['development', 'production'], { message: 'must be development or production' }),
  DATABASE_URL: postgresUrl.optional(),
  DATABASE_OWNER_URL: postgresUrl.optional(),
  DATABASE_APP_URL: postgresUrl.optional(),
  DATABASE_WORKER_URL: postgresUrl.optional(),
  FAIRLEAD_POOL_SIZE: z
    .string()
    .regex(/^\d{1,3}$/, 'must be a whole number from 1 to 200')
    .transform(Number)
    .refine((value) => value >= 1 && value <= 200, 'must be a whole number from 1 to 200')
    .default(10),
  TEMPORAL_ADDRESS: z.string().regex(/^[^\s/:]+:\d{1,5}$/, 'must be host:port, without a scheme'),
  TEMPORAL_NAMESPACE: z.string().min(1, 'must not be empty').default('default'),
  TEMPORAL_API_KEY: z.string().min(1, 'must not be empty').optional(),
  TEMPORAL_TLS: flag.optional(),
  TEMPORAL_TLS_SERVER_NAME: z.string().min(1, 'must not be empty').optional(),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: z.string().optional(),
  TEMPORAL_TLS_SERVER_CA_CERT_DATA: z.string().optional(),
  TEMPORAL_TLS_CLIENT_CERT_PATH: z.string().optional(),
  TEMPORAL_TLS_CLIENT_CERT_DATA: z.string().optional(),
  TEMPORAL_TLS_CLIENT_KEY_PATH: z.string().optional(),
  TEMPORAL_TLS_CLIENT_KEY_DATA: z.string().optional(),
  FAIRLEAD_HOST: z.union([z.ipv4(), z.ipv6()], { message: 'must be an IP address' }).default('127.0.0.1'),
  FAIRLEAD_PORT: port.default(3000),
  FAIRLEAD_PUBLIC_URL: urlOf(['http:', 'https:']).optional(),
  FAIRLEAD_CONSOLE: flag.default(true),
  OIDC_ISSUER: urlOf(['http:', 'https:']).optional(),
  OIDC_CLIENT_ID: z.string().min(1, 'must not be empty').optional(),
  OIDC_CLIENT_SECRET: z.string().min(1, 'must not be empty').optional(),
  SMTP_URL: urlOf(['smtp:', 'smtps:']),
  FAIRLEAD_MAIL_FROM: z
    .string()
    .regex(/^[^\r\n]*@[^\r\n]+$/, 'must be a mail address')
    .optional(),
  FAIRLEAD_FIELD_KEY: secretKey,
  FAIRLEAD_SESSION_KEY: secretKey,
  FAIRLEAD_AUDIT_KEY: secretKey,
  FAIRLEAD_METRICS_PORT: port.default(9464),
  FAIRLEAD_METRICS_TOKEN: z.string().min(24, 'must have at least 24 characters').optional(),
});

/** Every variable that `readConfig` knows; deployment files may set these and no others. */
export const CONFIG_VARIABLES: readonly string[] = Object.keys(variables.shape);

const migrationVariables = variables
  .pick({
    FAIRLEAD_MODE: true,
    DATABASE_URL: true,
    DATABASE_OWNER_URL: true,
    DATABASE_APP_URL: true,
    DATABASE_WORKER_URL: true,
  })
  .extend({ FAIRLEAD_FIELD_KEY: secretKey.optional() });

type Raw = Partial<Record<keyof z.infer<typeof variables>, string>>;
type Environment = Readonly<Record<string, string | undefined>>;
type Report = (variable: string, reason: string) => void;

/**
 * Reads and checks the environment. An empty variable counts as absent, as compose files write them.
 * Throws `ConfigError` with all problems at once. `env` is `process.env` in every entry point.
 */
export const readConfig = (env: Environment): Config => {
  const problems: ConfigProblem[] = [];
  const report: Report = (variable, reason) => problems.push({ variable, reason });
  const { raw, value } = parse({ shape: variables, env, problems });
  // The rules between variables are checked even when one of them is malformed, so that one run shows everything.
  const signIn = signInOf(raw, report);
  const tls = tlsOf(raw, report);
  const database = databaseOf(raw, report);
  if (raw.FAIRLEAD_MODE === 'production') {
    if (raw.FAIRLEAD_PUBLIC_URL === undefined) report('FAIRLEAD_PUBLIC_URL', 'is required in production');
    if (raw.FAIRLEAD_MAIL_FROM === undefined) report('FAIRLEAD_MAIL_FROM', 'is required in production');
  }
  if (value === undefined || problems.length > 0) throw new ConfigError(problems);
  return {
    mode: value.FAIRLEAD_MODE,
    database,
    poolSize: value.FAIRLEAD_POOL_SIZE,
    temporal: {
      address: value.TEMPORAL_ADDRESS,
      namespace: value.TEMPORAL_NAMESPACE,
      ...(value.TEMPORAL_API_KEY === undefined ? {} : { apiKey: value.TEMPORAL_API_KEY }),
      ...(tls === undefined ? {} : { tls }),
    },
    host: value.FAIRLEAD_HOST,
    port: value.FAIRLEAD_PORT,
    publicUrl: (value.FAIRLEAD_PUBLIC_URL ?? `http://127.0.0.1:${value.FAIRLEAD_PORT}`).replace(/\/+$/, ''),
    console: value.FAIRLEAD_CONSOLE,
    signIn,
    smtpUrl: value.SMTP_URL,
    mailFrom: value.FAIRLEAD_MAIL_FROM ?? 'Fairlead <fairlead@localhost>',
    keys: {
      field: value.FAIRLEAD_FIELD_KEY,
      session: value.FAIRLEAD_SESSION_KEY,
      audit: value.FAIRLEAD_AUDIT_KEY,
    },
    metricsPort: value.FAIRLEAD_METRICS_PORT,
    metricsToken: value.FAIRLEAD_METRICS_TOKEN ?? null,
  };
};

/** Checks each variable by itself, adding to `problems`; `value` is undefined when one of them will not do. */
const parse = <Shape extends z.ZodObject>(input: {
  shape: Shape;
  env: Environment;
  problems: ConfigProblem[];
}): { raw: Raw; value: z.infer<Shape> | undefined } => {
  const given = Object.fromEntries(
    Object.keys(input.shape.shape).flatMap((name) => {
      const text = input.env[name];
      return text === undefined || text === '' ? [] : [[name, text]];
    }),
  );
  const parsed = input.shape.safeParse(given);
  for (const issue of parsed.error?.issues ?? []) {
    const variable = String(issue.path[0]);
    input.problems.push({ variable, reason: variable in given ? issue.message : 'is required' });
  }
  return { raw: given, value: parsed.data };
};

/**
 * The connection string of one database role.
 * Throws `ConfigError` when the environment gives this process none, so that the API can run without the owner's.
 */
export const databaseUrl = (config: Config, role: DatabaseRole): string => {
  const url = config.database[role];
  if (url === undefined) {
    throw new ConfigError([
      {
        variable: `DATABASE_${role.toUpperCase()}_URL`,
        reason: 'is required here (or DATABASE_URL, the owner)',
      },
    ]);
  }
  return url;
};

/** What the migration job needs, and no more: it is given neither mail nor engine nor session keys. */
export type MigrationConfig = {
  mode: Mode;
  ownerUrl: string;
  /** What the two serving roles sign in with; empty where their connection strings carry none. */
  passwords: { app: string; worker: string };
};

/** Reads and checks the environment of the migration job. Throws `ConfigError` with all problems at once. */
export const readMigrationConfig = (env: Environment): MigrationConfig => {
  const problems: ConfigProblem[] = [];
  const parsed = parse({ shape: migrationVariables, env, problems });
  const database = databaseOf(parsed.raw, (variable, reason) => problems.push({ variable, reason }));
  if (database.owner === undefined && problems.length === 0) {
    problems.push({ variable: 'DATABASE_OWNER_URL', reason: 'is required (or DATABASE_URL)' });
  }
  if (parsed.value === undefined || problems.length > 0 || database.owner === undefined)
    throw new ConfigError(problems);
  return { mode: parsed.value.FAIRLEAD_MODE, ownerUrl: database.owner, passwords: passwordsOf(database) };
};

/** The passwords in the connection strings of the two serving roles, which a migration sets; empty where there is none. */
export const passwordsOf = (database: Config['database']): { app: string; worker: string } => {
  const password = (url: string | undefined): string =>
    url === undefined ? '' : decodeURIComponent(new URL(url).password);
  return { app: password(database.app), worker: password(database.worker) };
};

/** Only `DATABASE_URL` given: it is the owner, and the two other roles get passwords derived from the field key. */
const databaseOf = (raw: Raw, report: Report): Config['database'] => {
  const owner = raw.DATABASE_OWNER_URL ?? raw.DATABASE_URL;
  const derive = (role: 'app' | 'worker'): string | undefined =>
    owner !== undefined && URL.canParse(owner) && raw.FAIRLEAD_FIELD_KEY !== undefined
      ? roleUrl({ ownerUrl: owner, role, fieldKey: raw.FAIRLEAD_FIELD_KEY })
      : undefined;
  const app = raw.DATABASE_APP_URL ?? derive('app');
  const worker = raw.DATABASE_WORKER_URL ?? derive('worker');
  if (owner === undefined && app === undefined && worker === undefined) {
    report('DATABASE_URL', 'is required (or DATABASE_OWNER_URL, DATABASE_APP_URL, DATABASE_WORKER_URL)');
  }
  return {
    ...(owner === undefined ? {} : { owner }),
    ...(app === undefined ? {} : { app }),
    ...(worker === undefined ? {} : { worker }),
  };
};

const roleUrl = (input: { ownerUrl: string; role: 'app' | 'worker'; fieldKey: string }): string => {
  const user = `fairlead_${input.role}`;
  const url = new URL(input.ownerUrl);
  url.username = user;
  const derived = hkdfSync('sha256', Buffer.from(input.fieldKey, 'base64'), '', `database-role:${user}`, 24);
  url.password = Buffer.from(derived).toString('base64url');
  return url.href;
};

const signInOf = (raw: Raw, report: Report): SignInConfig => {
  if (raw.OIDC_ISSUER === undefined) {
    if (raw.FAIRLEAD_MODE === 'production') {
      report(
        'OIDC_ISSUER',
        'is required in production: the embedded provider with its demo accounts is refused there',
      );
    }
    for (const variable of ['OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'] as const) {
      if (raw[variable] !== undefined) report(variable, 'means nothing without OIDC_ISSUER');
    }
    return { kind: 'embedded' };
  }
  if (raw.FAIRLEAD_MODE === 'production' && !raw.OIDC_ISSUER.startsWith('https:')) {
    report('OIDC_ISSUER', 'must begin with https:// in production');
  }
  for (const variable of ['OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'] as const) {
    if (raw[variable] === undefined) report(variable, 'is required with OIDC_ISSUER');
  }
  return {
    kind: 'external',
    issuer: raw.OIDC_ISSUER,
    clientId: raw.OIDC_CLIENT_ID ?? '',
    clientSecret: raw.OIDC_CLIENT_SECRET ?? '',
  };
};

/** TLS is on with any TLS variable or an API key, unless `TEMPORAL_TLS=false` says otherwise (the engine's own rule). */
const tlsOf = (raw: Raw, report: Report): TemporalTls | undefined => {
  const serverRootCaPem = pemOf(raw, 'TEMPORAL_TLS_SERVER_CA_CERT', report);
  const clientCertificatePem = pemOf(raw, 'TEMPORAL_TLS_CLIENT_CERT', report);
  const clientKeyPem = pemOf(raw, 'TEMPORAL_TLS_CLIENT_KEY', report);
  const parts: TemporalTls = {
    ...(raw.TEMPORAL_TLS_SERVER_NAME === undefined ? {} : { serverName: raw.TEMPORAL_TLS_SERVER_NAME }),
    ...(serverRootCaPem === undefined ? {} : { serverRootCaPem }),
    ...(clientCertificatePem === undefined ? {} : { clientCertificatePem }),
    ...(clientKeyPem === undefined ? {} : { clientKeyPem }),
  };
  const anyPart = Object.keys(parts).length > 0;
  if (raw.TEMPORAL_TLS === 'false') {
    if (anyPart) report('TEMPORAL_TLS', 'is false, but other TEMPORAL_TLS_ variables are set');
    return undefined;
  }
  if ((clientCertificatePem === undefined) !== (clientKeyPem === undefined)) {
    report(
      clientKeyPem === undefined ? 'TEMPORAL_TLS_CLIENT_KEY_PATH' : 'TEMPORAL_TLS_CLIENT_CERT_PATH',
      'is required: a client certificate and its key go together',
    );
  }
  return anyPart || raw.TEMPORAL_TLS === 'true' || raw.TEMPORAL_API_KEY !== undefined ? parts : undefined;
};

type PemVariable = 'TEMPORAL_TLS_SERVER_CA_CERT' | 'TEMPORAL_TLS_CLIENT_CERT' | 'TEMPORAL_TLS_CLIENT_KEY';

const pemOf = (raw: Raw, variable: PemVariable, report: Report): string | undefined => {
  const data = raw[`${variable}_DATA`];
  const path = raw[`${variable}_PATH`];
  if (data !== undefined && path !== undefined) {
    report(`${variable}_DATA`, `is given as well as ${variable}_PATH: only one of them`);
  }
  if (data !== undefined) return data;
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code =
      typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'unreadable';
    report(`${variable}_PATH`, `names a file that cannot be read (${code})`);
    return undefined;
  }
};
