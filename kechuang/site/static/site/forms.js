/* Forms: autosave with version, amounts read back, rows added to a table.
   <form data-autosave="/needs/<draft>/autosave/"> with hidden `version` and an element [data-saved] (role="status").
   The address answers 200 {"version": n}, 409 {"version": n, "fields": {name: other text}}, 422 when it cannot keep it. */
(() => {
  const zh = document.documentElement.lang.startsWith('zh');
  const make = (tag, props = {}, ...kids) => { const e = Object.assign(document.createElement(tag), props); e.append(...kids); return e };
  const clock = (d = new Date()) => new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Shanghai', hour12: false, hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(d);
  const key = () => [...crypto.getRandomValues(new Uint8Array(16))].map(b => b.toString(16).padStart(2, '0')).join('');

  const autosave = form => {
    const status = form.querySelector('[data-saved]') || form.appendChild(make('p', { className: 'kc-s kc-2', role: 'status' }));
    const icon = status.querySelector('svg');
    let timer, saving, dirty, said = 0, failedSince;
    const say = (text, ...more) => {
      const wait = Math.max(0, said + 10000 - Date.now());
      clearTimeout(say.timer);
      say.timer = setTimeout(() => { said = Date.now(); status.replaceChildren(...(icon ? [icon, ' '] : []), text, ...more) }, more.length ? 0 : wait);
    };
    const again = () => make('button', { type: 'button', className: 'btn btn-sm btn-line ms-2', onclick: () => save() }, zh ? '再试一次' : 'Try again');
    const failed = () => { failedSince = failedSince || clock().slice(0, 5); say(zh ? `${failedSince} 起未能保存，内容仍在本页` : `Not saved since ${failedSince}; your text is still on this page`, again()) };
    const settle = v => { const f = form.elements.version; if (f && v !== undefined) f.value = v };
    const clash = answer => {
      settle(answer.version);
      Object.entries(answer.fields || {}).forEach(([name, theirs]) => {
        const control = form.elements[name];
        if (!control || control.value === undefined || control.value === String(theirs)) return;
        const box = make('div', { className: 'kc-msg soon' });
        box.setAttribute('role', 'alert');
        const take = value => () => { control.value = value; box.remove(); control.focus(); change() };
        box.append(
          make('h3', {}, zh ? '这一项在别处也改了，请选一份' : 'This was also changed elsewhere; choose one'),
          make('p', {}, make('b', {}, zh ? '别处：' : 'Elsewhere: '), String(theirs)),
          make('p', {}, make('b', {}, zh ? '本页：' : 'Here: '), control.value),
          make('div', { className: 'kc-acts' },
            make('button', { type: 'button', className: 'btn btn-sm btn-line', onclick: take(String(theirs)) }, zh ? '用别处的' : 'Use the other'),
            make('button', { type: 'button', className: 'btn btn-sm btn-line', onclick: take(control.value) }, zh ? '用本页的' : 'Keep mine')));
        (control.closest('.kc-f') || control).before(box);
      });
      say(zh ? '有内容在别处也改了，选好后继续自动保存' : 'Changed elsewhere too; choose, and saving goes on');
    };
    const save = async () => {
      if (saving) { dirty = true; return }
      saving = true; dirty = false;
      const data = new FormData(form);
      data.delete('idempotency_key');
      try {
        const r = await fetch(form.dataset.autosave, { method: 'POST', body: data, headers: { Accept: 'application/json', 'Idempotency-Key': key(), 'X-Requested-With': 'autosave' }, credentials: 'same-origin', redirect: 'error' });
        const answer = r.headers.get('Content-Type')?.includes('json') ? await r.json() : {};
        if (r.ok) {
          settle(answer.version); failedSince = null;
          if (answer.url && answer.url !== location.pathname) history.replaceState(history.state, '', answer.url);
          if (answer.autosave) form.dataset.autosave = answer.autosave;
          say(zh ? `${clock()} 已自动保存` : `Saved automatically at ${clock()}`);
        } else if (r.status === 409) clash(answer);
        else failed();
      } catch { failed() }
      saving = false;
      if (dirty) change();
    };
    const change = () => { clearTimeout(timer); timer = setTimeout(save, 2000) };
    form.addEventListener('input', change);
    form.addEventListener('change', change);
    form.addEventListener('submit', () => clearTimeout(timer));
  };
  document.querySelectorAll('form[data-autosave]').forEach(autosave);

  /* An amount is read back in yuan and in Chinese numerals; what looks like yuan typed as 万元 asks. */
  const D = '零一二三四五六七八九', group = g => { let s = '', gap = false; [1000, 100, 10, 1].forEach((p, i) => { const d = Math.floor(g / p) % 10; if (!d) { gap = !!s; return } s += (gap ? '零' : '') + D[d] + ['千', '百', '十', ''][i]; gap = false }); return s };
  const numerals = n => { if (!n) return '零'; let s = '', gap = false; ['兆', '亿', '万', ''].forEach((u, i) => { const p = 10000 ** (3 - i), g = Math.floor(n / p) % 10000; if (!g) { gap = !!s; return } s += (s && (gap || g < 1000) ? '零' : '') + group(g) + u; gap = false }); return s.replace(/^一十/, '十') };
  const readBack = input => {
    const place = document.querySelector(`[data-read="${input.id}"]`), wan = input.dataset.money === 'wan';
    const show = () => {
      const plain = input.value.normalize('NFKC').replace(/[,\s]/g, '');
      if (!/^\d+(\.\d+)?$/.test(plain)) return place.replaceChildren();
      const fen = Math.round(parseFloat(plain) * (wan ? 1e6 : 100)), yuan = Math.floor(fen / 100), rest = fen % 100;
      if (!Number.isSafeInteger(fen)) return place.replaceChildren();
      const exact = yuan.toLocaleString('en-US') + '.' + String(rest).padStart(2, '0');
      const words = numerals(yuan) + '元' + (rest ? (Math.floor(rest / 10) ? D[Math.floor(rest / 10)] + '角' : '零') + (rest % 10 ? D[rest % 10] + '分' : '') : '整');
      place.replaceChildren(zh ? '等于 ' : 'Equals ', make('b', {}, exact + (zh ? ' 元' : ' yuan')), zh ? `（${words}）` : '');
      if (wan && parseFloat(plain) >= 100000 && parseFloat(plain) % 10000 === 0) {
        const better = parseFloat(plain) / 10000;
        place.append('　', make('button', { type: 'button', className: 'btn btn-sm btn-line', onclick: () => { input.value = better; input.focus(); input.dispatchEvent(new Event('input', { bubbles: true })) } },
          zh ? `改为 ${better} 万元` : `Change to ${better} (10,000 yuan)`));
      }
    };
    if (!place) return;
    place.setAttribute('aria-live', 'polite');
    input.addEventListener('input', show);
    show();
  };
  document.querySelectorAll('input[data-money]').forEach(readBack);

  /* Rows of a table: <table data-rows="targets"> with <template> (holding __prefix__) and a button [data-add-row="targets"]; [data-drop-row] removes one. */
  document.querySelectorAll('[data-add-row]').forEach(button => {
    const prefix = button.dataset.addRow, table = document.querySelector(`[data-rows="${prefix}"]`);
    if (!table) return;
    button.hidden = false;
    const template = document.querySelector(`template[data-row="${prefix}"]`), total = document.querySelector(`[name="${prefix}-TOTAL_FORMS"]`);
    button.addEventListener('click', () => {
      const n = total ? +total.value : table.tBodies[0].rows.length;
      const holder = document.createElement('tbody');
      holder.innerHTML = template.innerHTML.replaceAll('__prefix__', n).replaceAll('__number__', n + 1);
      const row = holder.rows[0];
      table.tBodies[0].append(row);
      if (total) total.value = n + 1;
      row.querySelector('input,select,textarea').focus();
    });
    table.addEventListener('click', e => {
      const drop = e.target.closest('[data-drop-row]');
      if (!drop) return;
      const row = drop.closest('tr'), mark = row.querySelector('input[name$="-DELETE"]');
      if (mark) { mark.checked = true; mark.value = 'on'; row.hidden = true } else row.querySelectorAll('input,select,textarea').forEach(c => { c.value = '' }), row.hidden = true;
      table.dispatchEvent(new Event('change', { bubbles: true }));
      button.focus();
    });
  });
})();
