/** Below this a screen shows one thing at a time; the same width as in app.css. */
const NARROW = '(max-width: 780px)';

export function isNarrow(): boolean {
  return window.matchMedia(NARROW).matches;
}
