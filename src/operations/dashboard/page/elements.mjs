/** Makes and changes elements; whatever is shown goes in as text, so that markup stays text. */
/* global document, HTMLElement */

/** `el('td', { class: 'number' }, 'text', otherElement)`. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'onclick') made.addEventListener('click', value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/**
 * What the page has under this id; all that is asked for stands in index.html.
 * @type {(id: string) => HTMLElement}
 */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** What somebody types into or chooses from. */
export const fieldById = (id) => /** @type {HTMLInputElement} */ (byId(id));

export const dialogById = (id) => /** @type {HTMLDialogElement} */ (byId(id));

/** Untouched when nothing changed: selections and screen readers are left in peace. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const marked = new WeakMap();

/** What stands between backticks is a name from the settings. */
export function setMarked(node, text) {
  if (marked.get(node) === text) return;
  marked.set(node, text);
  const parts = text.split('`').map((part, at) => (at % 2 === 1 ? el('code', {}, part) : part));
  node.replaceChildren(...parts);
}

export function show(node, visible) {
  if (node.hidden === visible) node.hidden = !visible;
}

const rows = new WeakMap();

/**
 * Keeps one child per item in the order of the items. `make` returns `{ node, update }`; a child
 * whose item is still there is updated and keeps its focus.
 */
export function keyed(parent, items, keyOf, make) {
  const before = rows.get(parent) ?? new Map();
  const after = new Map();
  const focused = document.activeElement;
  items.forEach((item, at) => {
    const key = keyOf(item);
    if (after.has(key)) return;
    const row = before.get(key) ?? make(item);
    before.delete(key);
    row.update(item);
    after.set(key, row);
    const place = parent.children[after.size - 1];
    if (place !== row.node) parent.insertBefore(row.node, place ?? null);
    row.node.dataset.at = String(at);
  });
  for (const { node } of before.values()) node.remove();
  rows.set(parent, after);
  // To be moved takes the focus away.
  const isLost = focused !== document.activeElement && parent.contains(focused);
  if (isLost && focused instanceof HTMLElement) {
    focused.focus({ preventScroll: true });
  }
}

/** A table row of cells, each with a function from the item to its text. */
export function cells(columns, actions) {
  return (first) => {
    const places = columns.map(({ head, className, scope }) =>
      el(scope === 'row' ? 'th' : 'td', {
        class: className,
        ...(scope === 'row' ? { scope: 'row' } : {}),
        'data-head': head,
      }),
    );
    const node = el('tr', {}, ...places);
    let item = first;
    if (actions !== undefined) node.append(el('td', { class: 'acts' }, ...actions(() => item)));
    return {
      node,
      update(next) {
        item = next;
        columns.forEach(({ text, mark }, at) => {
          setText(places[at], text(next));
          if (mark !== undefined) places[at].dataset.mark = mark(next);
        });
      },
    };
  };
}

/** A bar for a share of something; the text beside it says the same. */
export function meter(label) {
  const fill = el('span', { class: 'fill' });
  const node = el('span', { class: 'meter', 'aria-hidden': 'true', title: label }, fill);
  return {
    node,
    set(share, mark = share > 0.9 ? 'bad' : share > 0.7 ? 'warn' : 'fine') {
      const width = `${Math.round(1000 * Math.min(1, Math.max(0, share))) / 10}%`;
      if (fill.style.width !== width) fill.style.width = width;
      node.dataset.mark = mark;
    },
  };
}
