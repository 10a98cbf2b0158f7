// Before the first paint, so that a dark screen never flashes light; a file of its own because no inline script runs.
(function () {
  let chosen = null;
  try {
    chosen = window.localStorage.getItem('mantine-color-scheme-value');
  } catch (error) {
    // Storage may be closed to us; the system's own choice then holds.
    console.info('The chosen colour scheme cannot be read.', error);
  }
  const dark =
    chosen === 'dark' || (chosen !== 'light' && window.matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
