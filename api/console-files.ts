import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import compression from 'compression';
import express from 'express';
import type { RequestHandler, Router } from 'express';

/** What the console may do in a browser: its own scripts, styles that carry this answer's nonce, and nothing from elsewhere. */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

export function newNonce(): string {
  return randomBytes(16).toString('base64');
}

/** True when the console was built into `folder`. */
export function consoleIsBuilt(folder: string): boolean {
  return existsSync(join(folder, 'index.html'));
}

/** The console's files: those named by their content for ever, its page anew each time with a nonce of its own. */
export function createConsoleFiles(folder: string): Router {
  const router = express.Router();
  const index: RequestHandler = (_request, response, next) => {
    let html: string;
    try {
      html = readFileSync(join(folder, 'index.html'), 'utf8');
    } catch (cause) {
      next(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? undefined : cause);
      return;
    }
    const nonce = newNonce();
    response.setHeader('content-security-policy', contentSecurityPolicy(nonce));
    response.setHeader('cache-control', 'no-store');
    response.type('html').send(html.replaceAll('__CSP_NONCE__', nonce));
  };
  router.use(compression());
  router.get('/', index);
  router.use(
    express.static(folder, {
      index: false,
      setHeaders(response, path) {
        response.setHeader(
          'cache-control',
          path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'public, max-age=300',
        );
      },
    }),
  );
  // The address is the view: every page of the console is the same file.
  router.get(/^\/(?!api(?:\/|$)|oidc|sign-in|assets\/)/, (request, response, next) => {
    if (request.accepts('html') === false) next();
    else void index(request, response, next);
  });
  return router;
}
