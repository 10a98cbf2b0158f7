import type { RouteContract } from './contract/route.ts';
import { escapeHtml } from './plain-page.ts';

interface Document {
  readonly paths?: Readonly<Record<string, object>>;
}

/** The API as a page to read: made on the server from the document, without a script, so that no policy is loosened for it. */
export function documentationPage(
  tables: Readonly<Record<string, RouteContract>>,
  document: Document,
  nonce: string,
): string {
  const groups = new Map<string, string[]>();
  for (const [name, contract] of Object.entries(tables)) {
    const [method = '', path = ''] = name.split(' ');
    const noun = path.startsWith('/api/') ? (path.split('/')[2]?.replace('.csv', '') ?? '') : 'open';
    const operation = operationAt(document, path, method);
    groups.set(noun, [...(groups.get(noun) ?? []), routeSection({ method, path, contract, operation })]);
  }
  const nouns = [...groups.keys()];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>API · Fairlead</title>
<style nonce="${nonce}">
:root { color-scheme: light dark; }
body { font: 14px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 20px; } h2 { font-size: 16px; margin-top: 2rem; } code, pre { font: 12px/1.5 ui-monospace, monospace; }
details { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: 6px 0; }
summary { cursor: pointer; } pre { overflow-x: auto; padding: 8px; background: color-mix(in srgb, currentColor 6%, transparent); }
nav a { margin-right: 12px; }
</style>
</head>
<body><main>
<h1>Fairlead API</h1>
<p>The machine-readable document is <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1). Writes need the header <code>x-fairlead: 1</code>, and POST an <code>Idempotency-Key</code>. Errors are problems (RFC 9457).</p>
<nav>${nouns.map((noun) => `<a href="#${escapeHtml(noun)}">${escapeHtml(noun)}</a>`).join('')}</nav>
${nouns.map((noun) => `<h2 id="${escapeHtml(noun)}">${escapeHtml(noun)}</h2>${(groups.get(noun) ?? []).join('')}`).join('\n')}
</main></body></html>`;
}

function operationAt(document: Document, path: string, method: string): object {
  const item = document.paths?.[path.replaceAll(/:([A-Za-z]+)/g, '{$1}')] as
    | Readonly<Record<string, object>>
    | undefined;
  return item?.[method.toLowerCase()] ?? {};
}

function routeSection(input: {
  method: string;
  path: string;
  contract: RouteContract;
  operation: object;
}): string {
  const { method, path, contract, operation } = input;
  const { parameters, requestBody, responses } = operation as {
    parameters?: unknown;
    requestBody?: unknown;
    responses?: unknown;
  };
  const part = (title: string, value: unknown): string =>
    value === undefined
      ? ''
      : `<h3>${title}</h3><pre tabindex="0">${escapeHtml(JSON.stringify(value, null, 2))}</pre>`;
  return `<details><summary><code>${escapeHtml(`${method} ${path}`)}</code> ${escapeHtml(contract.summary)}</summary>
<p>Permission <code>${escapeHtml(contract.permission)}</code>${contract.writes === 'process' ? '; may answer 202 with the place of its answer' : ''}.</p>
${part('Parameters', parameters)}${part('Body', requestBody)}${part('Answers', responses)}</details>`;
}
