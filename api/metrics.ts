import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { AppDatabase } from '../adapters/store/app-database.ts';

/** What Prometheus may ask the API. */
export interface ApiMetrics {
  readonly registry: Registry;
  observe(request: { route: string; method: string; status: number; seconds: number }): void;
}

export function createApiMetrics(input: { database: AppDatabase; openStreams: () => number }): ApiMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'fairlead_http_request_seconds',
    help: 'Time to answer, by route and status.',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  registry.registerMetric(
    new Gauge({
      name: 'fairlead_api_database_connections',
      help: 'Connections of the pool: open, idle, and requests waiting for one.',
      labelNames: ['state'],
      registers: [],
      collect() {
        const { total, idle, waiting } = input.database.usage();
        this.set({ state: 'open' }, total);
        this.set({ state: 'idle' }, idle);
        this.set({ state: 'waiting' }, waiting);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'fairlead_api_live_streams',
      help: 'Live streams open now.',
      registers: [],
      collect() {
        this.set(input.openStreams());
      },
    }),
  );
  return {
    registry,
    observe: ({ route, method, status, seconds }) =>
      requests.observe({ route, method, status: String(status) }, seconds),
  };
}
