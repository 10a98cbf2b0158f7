import { pino } from 'pino';
import type { Logger } from 'pino';

/** Lines of JSON on standard output. No bodies are logged; what could carry a secret or an address of a person is cut out all the same. */
export function createLog(input: { name: string; level: string }): Logger {
  return pino({
    name: input.name,
    level: input.level,
    redact: {
      paths: [
        'req.headers',
        'res.headers',
        '*.cookie',
        '*.authorization',
        '*.password',
        '*.taxId',
        '*.email',
        'email',
        'err.config',
        'err.request',
        'err.response',
        'err.parameters',
        'err.detail',
        'err.cause.detail',
        'err.where',
      ],
      censor: '[cut]',
    },
  });
}
