import { spawn } from 'node:child_process';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../../scripts/ports.ts';
import { runClosedLoop } from '../house/closed-loop.ts';
import type { LoadAsked, LoadSeen } from '../house/closed-loop.ts';
import { openDealDesk, wholeDeal } from '../house/deals.ts';
import type { Installation } from '../house/installation.ts';
import { endChild, listenTo, startHelper, untilAnswers } from '../house/servers.ts';
import type { Ground } from '../house/servers.ts';
import type { Question, Shape } from './temporal-client.ts';

/** Somebody who can run deals, started for its turn and stopped after it, so that nobody idles beside another. */
export interface Contestant {
  readonly name: ContestantName;
  start(): Promise<Running>;
}

export interface Running {
  /** The processes whose time is counted; all but a load generator that stands for people's browsers. */
  readonly pids: Readonly<Record<string, number>>;
  load(asked: LoadAsked): Promise<LoadSeen>;
  /** Waits until nothing is left to do. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

export const contestantNames = ['fairlead', 'temporal naive', 'temporal lean', 'dbos', 'restate'] as const;
export type ContestantName = (typeof contestantNames)[number];

const nothingLeft = async (): Promise<void> => undefined;
const scriptOf = (name: string): string => join(import.meta.dirname, `${name}.ts`);

export const contestants = (input: {
  ground: Ground;
  fairlead: Installation;
  random: () => number;
}): readonly Contestant[] => [
  fairleadContestant(input),
  temporalContestant(input.ground, 'naive'),
  temporalContestant(input.ground, 'lean'),
  dbosContestant(input.ground),
  restateContestant(input.ground),
];

const fairleadContestant = (input: { fairlead: Installation; random: () => number }): Contestant => ({
  name: 'fairlead',
  start: async () => {
    const open = await input.fairlead.open();
    const desk = openDealDesk({
      publicUrl: open.publicUrl,
      cast: input.fairlead.cast,
      arrange: input.fairlead.arrange,
      random: input.random,
    });
    return {
      pids: open.pids,
      load: (asked) =>
        runClosedLoop(asked, async () => {
          await wholeDeal(desk);
        }),
      settled: () => open.settled(),
      stop: async () => {
        desk.close();
        await open.close();
      },
    };
  },
});

/** The bare shapes: an engine, a worker and a client in a process of its own, as an API would be. */
export const startTemporalRival = async (
  ground: Ground,
  name: string,
): Promise<{
  ask: <Answer>(question: Question) => Promise<Answer>;
  pids: Record<string, number>;
  stop: () => Promise<void>;
}> => {
  const engine = await ground.startEngine(name);
  const scriptArguments = [engine.address, 'bare'];
  const worker = await startHelper({ script: scriptOf('temporal-worker'), scriptArguments });
  const client = await startHelper({ script: scriptOf('temporal-client'), scriptArguments });
  return {
    ask: <Answer>(question: Question) => client.ask<Answer>(question),
    pids: { client: client.pid, worker: worker.pid, engine: engine.pid },
    stop: async () => {
      await client.stop();
      await worker.stop();
      await engine.stop();
    },
  };
};

const temporalContestant = (ground: Ground, shape: Shape): Contestant => ({
  name: `temporal ${shape}`,
  start: async () => {
    const { ask, pids, stop } = await startTemporalRival(ground, shape);
    return {
      pids,
      load: (load) => ask<LoadSeen>({ kind: 'load', shape, load }),
      settled: nothingLeft,
      stop,
    };
  },
});

const DBOS_DATABASE = 'dbos_bench';

const dbosContestant = (ground: Ground): Contestant => ({
  name: 'dbos',
  start: async () => {
    const admin = new pg.Client({ connectionString: ground.postgres.superuserUrl('postgres') });
    await admin.connect();
    const { rowCount } = await admin.query('select from pg_database where datname = $1', [DBOS_DATABASE]);
    if (rowCount === 0) await admin.query(`create database ${DBOS_DATABASE}`);
    await admin.end();
    const app = await startHelper({
      script: scriptOf('dbos'),
      scriptArguments: [ground.postgres.superuserUrl(DBOS_DATABASE)],
    });
    return {
      pids: { app: app.pid, postgres: ground.postgres.pid },
      load: (load) => app.ask<LoadSeen>({ load }),
      settled: nothingLeft,
      stop: () => app.stop(),
    };
  },
});

const restateContestant = (ground: Ground): Contestant => ({
  name: 'restate',
  start: async () => {
    const [ingress, admin, node, service] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    const server = spawn(
      join(import.meta.dirname, '..', 'node_modules', '.bin', 'restate-server'),
      ['--no-logo', '--listen-mode', 'tcp', '--bind-ip', '127.0.0.1'],
      {
        cwd: ground.folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...process.env,
          RESTATE_BASE_DIR: join(ground.folder, 'restate'),
          RESTATE_BIND_PORT: String(node),
          RESTATE_INGRESS__BIND_PORT: String(ingress),
          RESTATE_ADMIN__BIND_PORT: String(admin),
          RESTATE_DISABLE_TELEMETRY: 'true',
          RESTATE_LOG_FILTER: 'error',
        },
      },
    );
    const words = listenTo(server);
    await untilAnswers(`http://127.0.0.1:${admin}/health`, words);
    const worker = await startHelper({
      script: scriptOf('restate-service'),
      scriptArguments: [String(service)],
    });
    const registered = await fetch(`http://127.0.0.1:${admin}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri: `http://127.0.0.1:${service}`, force: true }),
    });
    if (!registered.ok) throw new Error(`restate took no deployment: ${await registered.text()}`);
    await untilAnswers(`http://127.0.0.1:${ingress}/restate/health`, words);
    const client = await startHelper({
      script: scriptOf('restate-client'),
      scriptArguments: [`http://127.0.0.1:${ingress}`],
    });
    return {
      pids: { client: client.pid, worker: worker.pid, engine: server.pid ?? 0 },
      load: (load) => client.ask<LoadSeen>({ load }),
      settled: nothingLeft,
      stop: async () => {
        await client.stop();
        await worker.stop();
        await endChild(server);
      },
    };
  },
});
