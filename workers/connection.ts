import type { TemporalConfig } from '../adapters/config.ts';

/** How the SDK's native and client connections are told where the engine is; one form serves both. */
export function connectionOptions(temporal: TemporalConfig): {
  address: string;
  apiKey?: string;
  tls?: {
    serverNameOverride?: string;
    serverRootCACertificate?: Buffer;
    clientCertPair?: { crt: Buffer; key: Buffer };
  };
} {
  const { address, apiKey, tls } = temporal;
  return {
    address,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ...(tls.serverName === undefined ? {} : { serverNameOverride: tls.serverName }),
            ...(tls.serverRootCaPem === undefined
              ? {}
              : { serverRootCACertificate: Buffer.from(tls.serverRootCaPem) }),
            ...(tls.clientCertificatePem === undefined || tls.clientKeyPem === undefined
              ? {}
              : {
                  clientCertPair: {
                    crt: Buffer.from(tls.clientCertificatePem),
                    key: Buffer.from(tls.clientKeyPem),
                  },
                }),
          },
        }),
  };
}
