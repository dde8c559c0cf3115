/** What an operator does from the page: give the token, purge, ask for an explanation. */
/* global document, URLSearchParams */
import { byId, dialogById, el, fieldById, setText, show } from './elements.mjs';
import { ask, hasToken, setToken } from './wire.mjs';
import { count, duration, plural } from './words.mjs';

const HINTS = {
  tag: ['A tag', 'energy'],
  path: ['A path, or a whole URL', '/energy/gradient?agents=64'],
  pattern: ['A pattern of paths', '/energy/**'],
  route: ['A route, as the settings have it', '/energy/gradient'],
  key: ['A key', ''],
  all: ['Everything', ''],
};

const MODES = {
  stale: 'An old answer may still go out, marked stale, while a new one is computed.',
  delete: 'Nothing computed before now is given to anyone who asks from now on.',
  refresh: 'Marked stale, and the most asked are computed anew at once.',
};

export function openToken({ restart, announce }) {
  const form = byId('token-form');
  const field = fieldById('token');
  const tell = (text) => {
    setText(byId('token-said'), text);
    if (text !== '') announce(text);
  };
  const showState = () => {
    show(form, !hasToken());
    show(byId('token-held'), hasToken());
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const given = field.value.trim();
    // It lies nowhere but in the memory of this page.
    field.value = '';
    if (given === '') {
      tell('Type the operator token first.');
      return;
    }
    if (!/^[!-~]+$/.test(given)) {
      tell('A token has no blanks or special characters.');
      return;
    }
    setToken(given);
    tell('');
    restart();
  });
  byId('token-forget').addEventListener('click', () => {
    setToken(undefined);
    showState();
    announce('The token is forgotten.');
    restart();
    field.focus();
  });
  for (const link of document.querySelectorAll('[data-to-token]')) {
    link.addEventListener('click', () => field.focus());
  }
  showState();
  return {
    accepted() {
      if (!form.hidden) announce('The token is right.');
      const hadFocus = form.contains(document.activeElement);
      showState();
      if (hadFocus && form.hidden) byId('token-forget').focus();
    },
    refused({ status, sentence }) {
      showState();
      tell(status === 401 ? 'That is not the operator token of this gateway.' : sentence);
    },
  };
}

export function openPurge(announce) {
  const form = byId('purge-form');
  const type = fieldById('purge-type');
  const selector = fieldById('purge-selector');
  const said = byId('purge-said');
  const sure = dialogById('sure');
  const go = fieldById('purge-go');
  const modes = /** @type {NodeListOf<HTMLInputElement>} */ (
    form.querySelectorAll('input[data-mode]')
  );
  const mode = () => [...modes].find(({ checked }) => checked)?.dataset.mode ?? 'stale';
  const hint = () => {
    const [label, example] = HINTS[type.value];
    setText(byId('purge-label'), label);
    selector.placeholder = example === '' ? '' : `for example ${example}`;
    show(byId('purge-what'), type.value !== 'all');
    if (type.value === 'route') selector.setAttribute('list', 'route-names');
    else selector.removeAttribute('list');
    setText(byId('purge-mode-hint'), MODES[mode()]);
  };
  const tell = (text, kind) => {
    setText(said, text);
    said.dataset.mark = kind;
    announce(text);
  };
  const carryOut = async () => {
    const all = type.value === 'all';
    const selectors = all ? [] : [selector.value.trim()];
    const order = { type: type.value, selectors, mode: mode() };
    go.disabled = true;
    tell('Asking…', '');
    const { body, refusal } = await ask('admin/cache/invalidate', { body: order });
    go.disabled = false;
    if (refusal !== undefined) {
      tell(`Not purged: ${refusal.sentence}`, 'bad');
      return;
    }
    const matched = body.matched === null ? '' : ` ${plural(body.matched, 'answer')} matched.`;
    const waits = body.pending > 0 ? ` ${count(body.pending)} processes still have to hear.` : '';
    tell(
      `Done: ${all ? 'everything' : `${order.type} ${selectors[0]}`}.${matched}${waits}`,
      'fine',
    );
  };
  form.addEventListener('input', hint);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (type.value !== 'all' && selector.value.trim() === '') {
      tell('Say what to purge first.', 'bad');
      selector.focus();
      return;
    }
    if (type.value === 'all') sure.showModal();
    else void carryOut();
  });
  byId('sure-yes').addEventListener('click', () => {
    sure.close();
    void carryOut();
  });
  byId('sure-no').addEventListener('click', () => sure.close());
  hint();
  return (kind, text) => {
    type.value = kind;
    selector.value = text;
    hint();
    form.scrollIntoView({ block: 'center' });
    byId(hasToken() ? 'purge-go' : 'token').focus();
  };
}

const line = (name, ...parts) => [el('dt', {}, name), el('dd', {}, ...parts)];

function explained(body) {
  const { key, stored, lifetime } = body;
  const list = [
    ...line('Route', body.route ?? 'none'),
    ...line('Would say', el('code', {}, body.cache_status ?? 'nothing')),
    ...line('Lifetime', lifetime?.sentence ?? 'none'),
  ];
  if (key !== null) {
    const parts = Object.entries(key.parts).map(([name, value]) => `${name} ${value}`);
    list.push(...line('Key is made of', parts.join(' · '), ` · slot ${key.partition}`));
  }
  if (stored !== null) {
    const cost = `cost ${duration(stored.compute_ms)}, ${plural(stored.hits, 'hit')}`;
    list.push(...line('Stored', `${stored.state}, ${stored.ttl_seconds} s left, ${cost}`));
  }
  if (body.computing > 0) list.push(...line('Being computed', `${count(body.computing)} now`));
  return [
    el('p', { class: 'verdict' }, el('b', {}, body.verdict), ` ${body.why.join(' ')}`),
    el('dl', {}, ...list),
  ];
}

export function openExplain(announce) {
  const form = byId('explain-form');
  const address = fieldById('explain-url');
  const out = byId('explain-out');
  const go = async () => {
    const url = address.value.trim();
    if (url === '') {
      out.replaceChildren(el('p', {}, 'Type a path or a URL first.'));
      address.focus();
      return;
    }
    const query = new URLSearchParams({ url, method: fieldById('explain-method').value });
    const { body, refusal } = await ask(`admin/cache/explain?${query}`);
    if (refusal !== undefined) out.replaceChildren(el('p', {}, `No answer: ${refusal.sentence}`));
    else out.replaceChildren(...explained(body));
    announce(refusal === undefined ? `${body.verdict}: ${body.why.join(' ')}` : refusal.sentence);
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void go();
  });
  return (url) => {
    address.value = url;
    form.scrollIntoView({ block: 'center' });
    void go();
  };
}
