import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { CONFIG_VARIABLES, databaseUrl, passwordsOf, readConfig, type Config } from '../adapters/config.ts';
import { engineConnectionOptions } from '../adapters/gateways/engine.ts';
import { migrate } from '../adapters/store/migrate.ts';
import { seedDemonstrationHistory } from '../prisma/demonstration-history.ts';
import { roleAccounts, seed } from '../prisma/seed.ts';
import {
  claimDataFolder,
  emptyDataFolder,
  keysOf,
  openDataFolder,
  releaseDataFolder,
  writeEnvironment,
  type DataFolder,
} from './data-folder.ts';
import { buildConsole, generateClient, hasConsole } from './generated-code.ts';
import { startMailCatcher } from './mail-catcher.ts';
import { claimNextPort } from './ports.ts';
import { startPostgres, stopPostgresLeftOn, type PostgresServer } from './postgres-server.ts';
import { step } from './steps.mjs';
import { API, WORKERS } from './parts.ts';
import { stopProcessLeft, supervise } from './supervised-process.ts';
import {
  findTemporal,
  namespaceAnswers,
  startTemporal,
  stopTemporalLeftOn,
  type TemporalServer,
} from './temporal-server.ts';

/**
 * `npm start`: a whole installation on this machine, in the order in which its parts need one another. What the
 * environment gives an address for is used; the rest is embedded. Whatever a killed run left behind is stopped first, so
 * every start is a recovery.
 */

const ROOT = join(import.meta.dirname, '..');

const HELP = `npm start -- [options]

  --port N        port of the API and console (default 3000; the next free one when taken)
  --data FOLDER   where everything is kept (default .fairlead)
  --fresh         forget all data in that folder first
  --no-console    run without building and serving the console
  --no-history    without the customers, and the registrations in flight, that the demonstration begins with
  --help          this text

An address in the environment replaces an embedded part: DATABASE_URL (or DATABASE_OWNER_URL, DATABASE_APP_URL and
DATABASE_WORKER_URL), TEMPORAL_ADDRESS (with TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS…), OIDC_ISSUER (with
OIDC_CLIENT_ID and OIDC_CLIENT_SECRET), SMTP_URL. docs/operations.md has them all.
`;

type Options = { port: number; data: string; fresh: boolean; console: boolean; history: boolean };

/** Stops of what runs, in the order of starting; run backwards. */
type Stops = { name: string; stop: () => Promise<void> }[];

const POSTGRES_PORT = 54_320;
const TEMPORAL_PORT = 7_233;
const TEMPORAL_UI_PORT = 8_233;
const METRICS_PORT = 9_464;
const SMTP_PORT = 1_025;
const MAIL_PAGE_PORT = 8_025;
const READY_DEADLINE_MS = 120_000;

const main = async (): Promise<void> => {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(HELP);
    return;
  }
  const stops: Stops = [];
  const stopped = stopOnSignal(stops);
  const folder = openDataFolder(options.data);
  claimDataFolder(folder);
  stops.push({
    name: 'data folder',
    stop: async () => releaseDataFolder(folder),
  });
  try {
    await startEverything({ options, folder, stops });
  } catch (cause) {
    process.stderr.write(`\n${cause instanceof Error ? cause.message : String(cause)}\n`);
    process.exitCode = 1;
    await stopAll(stops);
    process.exit();
  }
  await stopped;
};

const startEverything = async (input: {
  options: Options;
  folder: DataFolder;
  stops: Stops;
}): Promise<void> => {
  const { options, folder, stops } = input;
  await step('what an earlier run left behind', async (note) => {
    await stopProcessLeft({ ...API, runFolder: folder.run, log: note });
    await stopProcessLeft({ ...WORKERS, runFolder: folder.run, log: note });
    await stopTemporalLeftOn({ stateFile: folder.temporalState, log: note });
    await stopPostgresLeftOn({ dataFolder: folder.postgres, log: note });
    if (options.fresh) {
      emptyDataFolder(folder);
      note(`emptied ${folder.root}`);
    }
  });
  const given: Readonly<Record<string, string | undefined>> = {
    FAIRLEAD_MODE: 'development',
    ...keysOf(folder),
    ...filled(process.env),
  };

  const database =
    given['DATABASE_URL'] ?? given['DATABASE_OWNER_URL'] ?? (await embeddedDatabase({ folder, stops }));
  const engine = given['TEMPORAL_ADDRESS'] ?? (await embeddedEngine({ folder, stops, env: given }));
  const mail = given['SMTP_URL'] === undefined ? await embeddedMail({ folder, stops }) : undefined;
  const port = await portFor('the API', options.port);
  const metricsPort = await portFor("the workers' metrics", METRICS_PORT);

  const variables: Record<string, string> = {
    ...filled(given),
    ...(typeof database === 'string' ? {} : database.variables),
    TEMPORAL_ADDRESS: typeof engine === 'string' ? engine : engine.server.address,
    SMTP_URL: given['SMTP_URL'] ?? mail?.smtpUrl ?? '',
    FAIRLEAD_PORT: String(port),
    FAIRLEAD_PUBLIC_URL: given['FAIRLEAD_PUBLIC_URL'] ?? `http://127.0.0.1:${port}`,
    FAIRLEAD_METRICS_PORT: String(metricsPort),
    FAIRLEAD_CONSOLE: String(options.console),
  };
  const config = readConfig(variables);

  if (typeof engine === 'string') await engineAnswers(config);
  await step('database schema', async (note) => {
    const { applied, alreadyThere } = await migrate({
      url: databaseUrl(config, 'owner'),
      folder: join(ROOT, 'prisma', 'migrations'),
      log: note,
      ...(typeof database === 'string' ? { passwords: passwordsOf(config.database) } : {}),
    });
    if (applied.length === 0) note(`nothing new after ${alreadyThere} migrations`);
  });
  await step('Prisma client', async (note) => {
    if (!(await generateClient())) note('up to date');
  });
  await step('first data', async () => {
    const ownerUrl = databaseUrl(config, 'owner');
    await seed({ ownerUrl, mode: config.mode });
    if (config.mode === 'development' && options.history)
      await seedDemonstrationHistory({ ownerUrl, nowMs: Date.now() });
  });
  if (options.console && hasConsole()) {
    await step('console', async (note) => {
      if (!(await buildConsole())) note('up to date');
    });
  }

  writeEnvironment(folder, onlyOurs(variables));
  const place = {
    env: { ...process.env, ...variables, NODE_ENV: 'production' },
    runFolder: folder.run,
    logFolder: folder.logs,
    say,
  };
  await step('workers', async (note) => {
    if (!existsSync(WORKERS.script)) return note('workers/main.ts is not there yet: skipped');
    const process_ = supervise({ ...WORKERS, ...place });
    stops.push({ name: 'workers', stop: process_.stop });
    await answersHealth({ name: 'workers', port: metricsPort, logs: folder.logs });
  });
  await step('API', async (note) => {
    if (!existsSync(API.script)) return note('api/main.ts is not there yet: skipped');
    const process_ = supervise({ ...API, ...place });
    stops.push({ name: 'API', stop: process_.stop });
    await answersHealth({ name: 'api', port, logs: folder.logs });
  });

  printReady({
    config,
    logs: folder.logs,
    temporalUi: typeof engine === 'string' ? undefined : engine.server.uiAddress,
    mailPage: mail?.pageAddress,
  });
};

const readOptions = (argumentsGiven: string[]): Options | 'help' => {
  const { values } = parseArgs({
    args: argumentsGiven,
    options: {
      port: { type: 'string', default: '3000' },
      data: { type: 'string', default: join(ROOT, '.fairlead') },
      fresh: { type: 'boolean', default: false },
      console: { type: 'boolean', default: true },
      history: { type: 'boolean', default: true },
      help: { type: 'boolean', default: false },
    },
    allowNegative: true,
  });
  if (values.help) return 'help';
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port < 1 || port > 65_535) {
    throw new Error(`--port ${values.port} is not a port number from 1 to 65535`);
  }
  return {
    port,
    data: values.data,
    fresh: values.fresh,
    console: values.console,
    history: values.history,
  };
};

/** Ctrl-C and the polite signals stop everything in order; a second Ctrl-C is not needed and changes nothing. */
const stopOnSignal = (stops: Stops): Promise<never> =>
  new Promise(() => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (asked) return;
        asked = true;
        process.stdout.write('\nstopping\n');
        void stopAll(stops).then(() => process.exit());
      });
    }
  });

const stopAll = async (stops: Stops): Promise<void> => {
  for (let last = stops.pop(); last !== undefined; last = stops.pop()) {
    const { name, stop } = last;
    try {
      await step(`stop ${name}`, stop);
    } catch (cause) {
      process.stderr.write(`${name} did not stop cleanly: ${String(cause)}\n`);
      process.exitCode = 1;
    }
  }
};

const embeddedDatabase = async (input: {
  folder: DataFolder;
  stops: Stops;
}): Promise<{ variables: Record<string, string> }> => {
  const { folder, stops } = input;
  const port = await portFor('Postgres', POSTGRES_PORT);
  const start = (note: (line: string) => void): Promise<PostgresServer> =>
    startPostgres({ dataFolder: folder.postgres, port, log: note });
  const server = await step('Postgres 18', async (note) => {
    if (folder.postgresMoved)
      note(`its data lie in ${folder.postgres}: as root it runs as a user who cannot enter ${folder.root}`);
    return start(note);
  });
  stops.push({ name: 'Postgres', stop: keepAlive({ name: 'Postgres', server, start: () => start(say) }) });
  await step('database', () => makeDatabase(server));
  const url = (role: string): string => server.urlOf({ role, database: 'fairlead' });
  return {
    variables: {
      DATABASE_OWNER_URL: url('fairlead_owner'),
      DATABASE_APP_URL: url('fairlead_app'),
      DATABASE_WORKER_URL: url('fairlead_worker'),
    },
  };
};

/** The owner is no superuser, so that row-level security binds it as it would in production. */
const makeDatabase = async (server: PostgresServer): Promise<void> => {
  const client = new pg.Client({ connectionString: server.superuserUrl('postgres') });
  await client.connect();
  try {
    const has = async (sql: string): Promise<boolean> => (await client.query(sql)).rowCount === 1;
    if (!(await has("select from pg_roles where rolname = 'fairlead_owner'"))) {
      await client.query('create role fairlead_owner login createrole');
    }
    if (!(await has("select from pg_database where datname = 'fairlead'"))) {
      await client.query('create database fairlead owner fairlead_owner');
    }
  } finally {
    await client.end();
  }
};

const embeddedEngine = async (input: {
  folder: DataFolder;
  stops: Stops;
  env: NodeJS.ProcessEnv;
}): Promise<{ server: TemporalServer }> => {
  const { folder, stops, env } = input;
  const executable = await step('Temporal server: looking for it', (note) =>
    findTemporal({ binary: 'development-server', env, cacheFolder: join(ROOT, '.cache'), log: note }),
  );
  const port = await portFor('Temporal', TEMPORAL_PORT);
  const uiPort = await portFor("Temporal's web pages", TEMPORAL_UI_PORT);
  const namespace = env['TEMPORAL_NAMESPACE'] ?? 'default';
  const start = (note: (line: string) => void): Promise<TemporalServer> =>
    startTemporal({ executable, stateFile: folder.temporalState, namespace, port, uiPort, log: note });
  const server = await step('Temporal server', start);
  stops.push({ name: 'Temporal', stop: keepAlive({ name: 'Temporal', server, start: () => start(say) }) });
  return { server };
};

const engineAnswers = (config: Config): Promise<void> =>
  step(`Temporal at ${config.temporal.address}`, async () => {
    const { namespace } = config.temporal;
    const { address, ...connection } = engineConnectionOptions(config.temporal);
    if (!(await namespaceAnswers({ address, namespace, connection }))) {
      throw new Error(`TEMPORAL_ADDRESS: no answer from ${address} about the namespace ${namespace}`);
    }
  });

const embeddedMail = (input: {
  folder: DataFolder;
  stops: Stops;
}): Promise<{ smtpUrl: string; pageAddress: string }> =>
  step('mail catcher', async () => {
    const catcher = await startMailCatcher({
      folder: input.folder.mails,
      smtpPort: await portFor('mail', SMTP_PORT),
      pagePort: await portFor('the mail page', MAIL_PAGE_PORT),
    });
    input.stops.push({ name: 'mail catcher', stop: catcher.stop });
    return catcher;
  });

type Server = { exited: Promise<unknown>; stop: () => Promise<void> };

/** Starts a server again, on the same port, when it dies unasked. Returns how to stop whichever runs then. */
const keepAlive = (input: {
  name: string;
  server: Server;
  start: () => Promise<Server>;
}): (() => Promise<void>) => {
  let current: Promise<Server> = Promise.resolve(input.server);
  let stopping = false;
  const watch = (server: Server): void => {
    void server.exited.then(() => {
      if (stopping) return;
      say(`${input.name} ended; starting it again`);
      current = again(1);
      current.then(watch, () => undefined);
    });
  };
  const again = async (attempt: number): Promise<Server> => {
    try {
      return await input.start();
    } catch (cause) {
      if (stopping) throw cause;
      say(`${input.name} did not start: ${cause instanceof Error ? cause.message : String(cause)}`);
      await pause(Math.min(15_000, 500 * 2 ** attempt));
      return again(attempt + 1);
    }
  };
  watch(input.server);
  return async () => {
    stopping = true;
    const last = await current.catch(() => undefined);
    await last?.stop();
  };
};

/** `http://127.0.0.1:port/healthz` of a part. Throws with the place of its log when it does not come up. */
const answersHealth = async (input: { name: string; port: number; logs: string }): Promise<void> => {
  const deadlineMs = Date.now() + READY_DEADLINE_MS;
  while (Date.now() < deadlineMs) {
    try {
      const response = await fetch(`http://127.0.0.1:${input.port}/healthz`, {
        signal: AbortSignal.timeout(2_000),
      });
      await response.body?.cancel();
      if (response.ok) return;
    } catch {
      // Not listening yet: asked again below.
    }
    await pause(100);
  }
  throw new Error(
    `${input.name} did not come up in ${READY_DEADLINE_MS / 1000} s: see ${join(input.logs, `${input.name}.log`)}`,
  );
};

const portFor = async (what: string, wanted: number): Promise<number> => {
  const port = await claimNextPort(wanted);
  if (port !== wanted) say(`port ${wanted} for ${what} is taken: using ${port}`);
  return port;
};

const printReady = (input: {
  config: Config;
  logs: string;
  temporalUi: string | undefined;
  mailPage: string | undefined;
}): void => {
  const lines = [
    '',
    `logs: ${input.logs}`,
    ...(input.mailPage === undefined ? [] : [`mail: ${input.mailPage}`]),
    `ready: ${input.config.publicUrl}`,
    ...(input.config.signIn.kind === 'embedded'
      ? [
          'sign in as:',
          ...roleAccounts.map(
            ({ email, roles, company }) => `  ${email.padEnd(34)}${roles.join(', ').padEnd(26)}${company}`,
          ),
        ]
      : [`sign in with: ${input.config.signIn.issuer}`]),
    ...(input.temporalUi === undefined ? [] : [`Temporal UI: ${input.temporalUi}`]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
};

const say = (line: string): void => {
  process.stdout.write(`      ${line}\n`);
};

/** An empty variable counts as absent, as in `readConfig`. */
const filled = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [[name, value]],
    ),
  );

/** Only the product's variables are left for other scripts, not the whole environment of whoever started it. */
const onlyOurs = (variables: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => CONFIG_VARIABLES.includes(name)));

await main().catch((cause: unknown) => {
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exit(1);
});
