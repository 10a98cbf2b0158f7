import type { Request } from 'express';
import { Refused } from '../refused.ts';

/**
 * A write must come from our own pages or from a program: a header that no form can send, and an `Origin` that is ours
 * where a browser says one. The session's cookie is SameSite=Lax besides. Throws `Refused`.
 */
export function refuseCrossSite(request: Request, publicOrigin: string): void {
  if (request.headers['x-fairlead'] !== '1') {
    throw new Refused('cross_site', { detail: 'A write needs the header x-fairlead: 1.' });
  }
  const { origin } = request.headers;
  if (origin !== undefined && origin !== publicOrigin) {
    throw new Refused('cross_site', { detail: 'The request names another site as its origin.' });
  }
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new Refused('cross_site', { detail: 'The browser says that the request came from another site.' });
  }
}
