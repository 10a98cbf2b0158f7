/** A page without the console: sign-in of development, and what went wrong on the way. */
export function page(input: { title: string; body: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(input.title)} · Fairlead</title>
<style>
:root { color-scheme: light dark; }
body { font: 14px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 3rem auto; padding: 0 1rem; }
h1 { font-size: 20px; font-weight: 600; } h2 { font-size: 13px; font-weight: 600; margin: 1.25rem 0 0.25rem; }
form { margin: 0 0 4px; }
button { width: 100%; text-align: left; font: inherit; padding: 6px 10px; border: 1px solid GrayText; border-radius: 4px; background: Canvas; color: CanvasText; cursor: pointer; }
button:hover, button:focus-visible { outline: 2px solid Highlight; }
small { display: block; opacity: 0.75; }
</style>
</head>
<body><main><h1>${escapeHtml(input.title)}</h1>${input.body}</main></body>
</html>
`;
}

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
