/** Puts on the theme that was chosen last before anything is painted; runs as a plain script. */
/* global document, localStorage */
try {
  const chosen = localStorage.getItem('leyden-theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be forbidden; then the system's theme it is.
}
