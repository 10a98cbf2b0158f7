import type { ConnectionOptions } from '@temporalio/client';
import type { TemporalConfig } from '../config.ts';

/** What the engine's clients connect with; the API, workers and scripts connect alike. */
export const engineConnectionOptions = (temporal: TemporalConfig): ConnectionOptions => {
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
