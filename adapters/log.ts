import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';

/**
 * Lines of JSON, on standard output unless told otherwise. No bodies are logged; what could carry a secret, an address of a person
 * or a row of the database (which names its values in an error's detail) is cut out all the same.
 */
export function createLog(input: { name: string; level: string; destination?: DestinationStream }): Logger {
  const options = {
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
        '*.parameters',
        '*.detail',
        '*.cause.detail',
        '*.where',
      ],
      censor: '[cut]',
    },
  };
  return input.destination === undefined ? pino(options) : pino(options, input.destination);
}
