/* What every page does beyond plain links and forms; each piece is a convenience, none is needed to read or act. */
(() => {
  const zh = document.documentElement.lang.startsWith('zh');
  const all = (sel, root = document) => [...root.querySelectorAll(sel)];
  const make = (tag, props = {}, ...kids) => { const e = Object.assign(document.createElement(tag), props); e.append(...kids); return e };

  /* One header menu open at a time; Esc and a click outside close it. */
  const menus = all('.kc-sw details');
  menus.forEach(d => d.addEventListener('toggle', () => d.open && menus.forEach(o => { if (o !== d) o.open = false })));
  addEventListener('click', e => menus.forEach(d => { if (d.open && !d.contains(e.target)) d.open = false }));
  addEventListener('keydown', e => e.key === 'Escape' && menus.forEach(d => { if (d.open) { d.open = false; d.querySelector('summary').focus() } }));

  /* On a narrow screen bring the current step and the current section into sight. */
  all('.kc-nav [aria-current],.kc-flow .now').forEach(c => { const u = c.closest('ul,ol'); u.scrollLeft = c.offsetLeft - u.offsetLeft - u.clientWidth / 3 });

  /* After a refused form the summary is read first. */
  const summary = document.querySelector('.kc-msg[data-summary]');
  if (summary) summary.focus();

  /* A pressed button says so, and is not pressed twice; the hidden key makes a second press harmless anyway. */
  const pressed = new Map();
  addEventListener('submit', e => {
    const form = e.target;
    if (form.method !== 'post' || e.defaultPrevented) return;
    if (pressed.has(form)) return e.preventDefault();
    const button = e.submitter;
    pressed.set(form, button && [button, [...button.childNodes]]);
    if (button) setTimeout(() => { button.replaceChildren(button.dataset.busy || (zh ? '正在提交…' : 'Submitting…')); button.setAttribute('aria-disabled', 'true') });
  });
  const release = form => { const p = pressed.get(form); if (p) { p[0].replaceChildren(...p[1]); p[0].removeAttribute('aria-disabled') } pressed.delete(form) };
  addEventListener('pageshow', e => e.persisted && [...pressed.keys()].forEach(release));
  document.addEventListener('htmx:afterRequest', e => { const f = e.target.closest && e.target.closest('form'); if (f) release(f) });

  /* After a swap whose control is gone, focus goes to the new part's heading. */
  document.addEventListener('htmx:afterSettle', e => {
    if (document.activeElement && document.activeElement !== document.body) return;
    const head = e.target.querySelector && e.target.querySelector('h2,h3');
    if (head) { head.tabIndex = -1; head.focus() }
  });

  /* Time left, by the server's clock: <div class="kc-count" data-until="RFC 3339"> with b[data-d], b[data-h], b[data-m]. */
  const skew = Date.parse(document.documentElement.dataset.now) - Date.now() || 0;
  const tick = el => {
    const left = Math.max(0, Date.parse(el.dataset.until) - Date.now() - skew), min = Math.floor(left / 60000);
    const put = (k, v) => { const b = el.querySelector(`[data-${k}]`); if (b) b.textContent = v };
    put('d', Math.floor(min / 1440)); put('h', String(Math.floor(min / 60) % 24).padStart(2, '0')); put('m', String(min % 60).padStart(2, '0'));
  };
  const counts = all('.kc-count[data-until]');
  if (counts.length) { counts.forEach(tick); setInterval(() => counts.forEach(tick), 10000) }

  all('[data-print]').forEach(b => b.addEventListener('click', () => print()));
  all('[data-print][hidden]').forEach(b => { b.hidden = false });

  /* Evidence opens beside the figure; its address is the full page, Back and Esc close it. */
  const drawer = (page, url) => {
    const body = page.querySelector('[data-evidence]');
    if (!body) return location.assign(url);
    const close = make('button', { type: 'button', className: 'btn btn-sm btn-line' }, zh ? '关闭' : 'Close');
    const head = make('header', {}, make('div', {},
      make('p', { className: 'kc-s kc-2 mb-0' }, body.dataset.note || ''),
      make('h2', { id: 'kc-drawer-head' }, body.dataset.title || ''),
      make('p', { className: 'kc-s mb-0' }, body.dataset.exact || '')), close);
    const foot = make('section', {}, make('a', { className: 'btn btn-sm btn-line', href: url }, zh ? '打开为整页' : 'Open as a page'));
    const d = make('dialog', { className: 'kc-drawer' }, head, ...[...body.children].map(n => document.importNode(n, true)), foot);
    d.setAttribute('aria-labelledby', 'kc-drawer-head');
    document.body.append(d);
    history.pushState({ drawer: true }, '');
    const back = () => d.open && d.close();
    addEventListener('popstate', back, { once: true });
    d.addEventListener('close', () => { removeEventListener('popstate', back); if (history.state && history.state.drawer) history.back(); d.remove() });
    close.addEventListener('click', () => d.close());
    d.addEventListener('click', e => e.target === d && d.close());
    d.showModal();
  };
  addEventListener('click', e => {
    const a = e.target.closest && e.target.closest('a[data-drawer]');
    if (!a || e.defaultPrevented || e.button || e.metaKey || e.ctrlKey || e.shiftKey || a.closest('dialog')) return;
    e.preventDefault();
    fetch(a.href, { headers: { 'X-Requested-With': 'drawer' } })
      .then(r => r.ok ? r.text() : Promise.reject(r))
      .then(t => drawer(new DOMParser().parseFromString(t, 'text/html'), a.href))
      .catch(() => location.assign(a.href));
  });
})();
