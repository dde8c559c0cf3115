/** The dashboard's page: joins the live stream to the panels, the charts and the acts. */
/* global document, localStorage, matchMedia */
import { openExplain, openPurge, openToken } from './acts.mjs';
import { openCharts } from './charts.mjs';
import { byId, el, keyed, setText } from './elements.mjs';
import { openOperatorPanels } from './operator-panels.mjs';
import { LEVELS, openPanels } from './panels.mjs';
import { hasToken, watch } from './wire.mjs';
import { timeOfDay } from './words.mjs';

const page = byId('page');

/** One quiet place that is read aloud: changes of state and results of acts, never numbers. */
function announce(text) {
  setText(byId('spoken'), text);
}

function openTheme(onChange) {
  const button = byId('theme');
  const root = document.documentElement;
  const isDark = () =>
    root.dataset.theme === undefined
      ? matchMedia('(prefers-color-scheme: dark)').matches
      : root.dataset.theme === 'dark';
  const label = () => {
    setText(button, isDark() ? 'Light' : 'Dark');
    button.setAttribute('aria-label', `Use the ${isDark() ? 'light' : 'dark'} theme`);
  };
  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    try {
      localStorage.setItem('leyden-theme', root.dataset.theme);
    } catch {
      // Then the choice lasts as long as the page.
    }
    label();
    onChange();
  });
  label();
}

const LINKS = {
  live: 'live',
  reconnecting: 'reconnecting…',
  paused: 'paused',
  connecting: 'connecting…',
};

function openLink() {
  let state = 'connecting';
  let seenMs;
  return {
    set(next, viewMs) {
      if (viewMs !== undefined) seenMs = viewMs;
      const stale = seenMs === undefined || next === 'live' ? '' : ` (from ${timeOfDay(seenMs)})`;
      setText(byId('link'), `${LINKS[next]}${stale}`);
      if (next === state) return;
      page.dataset.link = next;
      if (next === 'reconnecting') announce('The connection is lost; reconnecting.');
      else if (next === 'live' && state === 'reconnecting') announce('Connected again.');
      state = next;
    },
  };
}

function main() {
  const link = openLink();
  const startPurge = openPurge(announce);
  const startExplain = openExplain(announce);
  const acts = { onPurge: startPurge, onExplain: startExplain };
  const showPanels = openPanels(acts);
  const showOperatorPanels = openOperatorPanels(acts);
  const charts = openCharts();
  openTheme(charts.redraw);
  let token;
  let level;

  const onView = (view) => {
    link.set('live', Date.parse(view.timestamp));
    showPanels(view);
    showOperatorPanels(view);
    if (view.operator !== undefined && hasToken()) token.accepted();
    const names = view.routes.list.map(({ route }) => route);
    const make = (route) => ({ node: el('option', { value: route }), update: () => undefined });
    keyed(byId('route-names'), names, (route) => route, make);
    if (level !== undefined && level !== view.answers.level) {
      announce(`${LEVELS[view.answers.level]}: ${view.answers.health}`);
    }
    level = view.answers.level;
    document.title = level === 'healthy' ? 'Leyden' : `${LEVELS[level]} · Leyden`;
    page.dataset.ready = 'yes';
  };
  const onState = (state, refusal) => {
    if (state === 'refused') token.refused(refusal);
    else if (state !== 'live') link.set(state);
  };
  const stream = watch({ onView, onState });
  token = openToken({ restart: stream.restart, announce });
}

main();
