import type { TemporalConfig } from '../config.ts';

/** What both kinds of the SDK's connections understand. */
export interface EngineConnection {
  readonly address: string;
  readonly apiKey?: string;
  readonly tls?: {
    serverNameOverride?: string;
    serverRootCACertificate?: Buffer;
    clientCertPair?: { crt: Buffer; key: Buffer };
  };
}

/** What the engine's clients connect with; the API, workers and scripts connect alike. */
export const engineConnectionOptions = (temporal: TemporalConfig): EngineConnection => {
  const { tls } = temporal;
  const certificate =
    tls?.clientCertificatePem === undefined || tls.clientKeyPem === undefined
      ? {}
      : {
          clientCertPair: { crt: Buffer.from(tls.clientCertificatePem), key: Buffer.from(tls.clientKeyPem) },
        };
  return {
    address: temporal.address,
    ...(temporal.apiKey === undefined ? {} : { apiKey: temporal.apiKey }),
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ...(tls.serverName === undefined ? {} : { serverNameOverride: tls.serverName }),
            ...(tls.serverRootCaPem === undefined
              ? {}
              : { serverRootCACertificate: Buffer.from(tls.serverRootCaPem) }),
            ...certificate,
          },
        }),
  };
};
