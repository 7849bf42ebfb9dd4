'use strict';
(() => {
  const list = document.getElementById('list');
  for (const b of document.querySelectorAll('[data-reveal]')) b.addEventListener('click', () => {
    for (const row of document.querySelectorAll(b.dataset.reveal)) row.hidden = false;
    b.remove();
  });
  if (!list) return;
  const { rules, events, findings } = JSON.parse(document.getElementById('data').textContent);
  const order = { critical: 0, high: 1, medium: 2, low: 3, informational: 4 };
  const rank = l => l in order ? order[l] : 9;
  const page = 100;
  const q = document.getElementById('q'), sort = document.getElementById('sort'), next = document.getElementById('next'), state = document.getElementById('state');
  const only = { rule: null, entity: null, technique: null, from: null, to: null };
  let shown = [], drawn = 0;

  // All text goes into the page as text; nothing of it ever becomes markup.
  const el = (tag, cls, ...children) => {
    const e = document.createElement(tag);
    if (cls) e.className = cls;
    for (const c of children) if (c !== null && c !== undefined && c !== '') e.append(c);
    return e;
  };
  const time = t => t ? t.slice(0, 10) + ' ' + t.slice(11, 19) + 'Z' : 'no time';
  const level = l => 'lv-' + (l in order ? l : 'other');

  // What a search looks through, made when it is first asked for.
  const texts = new Array(findings.length);
  const eventText = new Array(events.length);
  const flat = pairs => (pairs || []).map(p => p[0] + ' ' + p[1]).join('\n');
  const textOf = n => {
    if (texts[n] === undefined) {
      const f = findings[n], r = rules[f.r];
      texts[n] = [r.name, r.id, (r.tech || []).flat().join(' '), f.i, f.m || '', flat(f.c), (f.e || []).map(e => e[1]).join('\n')].join('\n').toLowerCase();
    }
    return texts[n];
  };
  const inEvents = (f, word) => (f.v || []).some(v => {
    if (eventText[v] === undefined) eventText[v] = (events[v].w + '\n' + flat(events[v].f)).toLowerCase();
    return eventText[v].includes(word);
  });

  const apply = () => {
    const levels = new Set([...document.querySelectorAll('#levels input:checked')].map(i => i.value));
    const words = q.value.toLowerCase().split(/\s+/).filter(Boolean);
    shown = [];
    findings.forEach((f, n) => {
      if (!levels.has(f.l)) return;
      if (only.rule !== null && f.r !== only.rule) return;
      if (only.entity !== null && !(f.e || []).some(e => e[1] === only.entity)) return;
      if (only.technique !== null && !(rules[f.r].tech || []).some(t => t[0] === only.technique)) return;
      if (only.from !== null && !(f.t && f.t >= only.from && f.t <= only.to)) return;
      if (!words.every(w => textOf(n).includes(w) || inEvents(f, w))) return;
      shown.push(n);
    });
    const by = { l: f => rank(f.l), s: f => -f.s, r: f => f.r }[sort.value];
    if (by) { const keys = new Map(shown.map(n => [n, by(findings[n])])); shown.sort((a, b) => keys.get(a) - keys.get(b) || a - b); }
    drawn = 0;
    list.replaceChildren();
    more();
    say(words);
  };

  const say = words => {
    const on = [];
    if (only.rule !== null) on.push('rule “' + rules[only.rule].name + '”');
    if (only.entity !== null) on.push('entity “' + only.entity + '”');
    if (only.technique !== null) on.push('technique ' + only.technique);
    if (only.from !== null) on.push('from ' + time(only.from) + ' to ' + time(only.to));
    state.replaceChildren(shown.length === findings.length ? `All ${findings.length} findings.` : `${shown.length} of ${findings.length} findings` + (on.length ? ': ' + on.join(', ') : '') + '.');
    if (on.length || words.length || shown.length !== findings.length) {
      const clear = el('button', 'btn', 'Show all');
      clear.type = 'button';
      clear.addEventListener('click', () => {
        for (const k in only) only[k] = null;
        q.value = '';
        for (const i of document.querySelectorAll('#levels input')) i.checked = true;
        apply();
      });
      state.append(clear);
    }
  };

  const more = () => {
    const part = document.createDocumentFragment();
    for (const n of shown.slice(drawn, drawn + page)) part.append(line(n));
    drawn = Math.min(drawn + page, shown.length);
    list.append(part);
    next.hidden = drawn >= shown.length;
    next.textContent = `Show ${Math.min(page, shown.length - drawn)} more of ${shown.length - drawn}`;
  };

  const line = n => {
    const f = findings[n], d = el('details', 'f');
    d.id = 'f-' + f.i;
    const who = (f.e || []).slice(0, 3).map(e => e[1].length > 60 ? e[1].slice(0, 60) + '…' : e[1]).join(' · ');
    const what = el('span', 'what', el('span', 'rule', rules[f.r].name), ' ', el('span', 'who', who));
    if (f.h === 'missed' || f.h === 'doubled') what.append(' ', el('span', 'pill home-' + f.h, f.h));
    const s = el('summary', '', el('span', '', el('span', 'pill ' + level(f.l), f.l)), el('span', 'time', time(f.t)), what, el('span', 'risk', String(f.s)));
    s.lastChild.title = 'risk score';
    d.append(s);
    d.addEventListener('toggle', () => { if (d.open && d.children.length === 1) d.append(body(f)); });
    return d;
  };

  const table = pairs => {
    const t = el('tbody');
    for (const [k, v] of pairs) {
      const th = el('th', '', k);
      th.scope = 'row';
      t.append(el('tr', '', th, el('td', '', v)));
    }
    return el('table', 'kv', t);
  };
  const pick = (key, value, label, cls) => {
    const b = el('button', cls || 'tag', label);
    b.type = 'button';
    b.addEventListener('click', () => select(key, value));
    return b;
  };

  const body = f => {
    const r = rules[f.r], b = el('div', 'body');
    if (f.m) b.append(el('p', '', f.m));
    const tags = el('div', 'tags');
    for (const e of f.e || []) tags.append(pick('entity', e[1], e[0] + ': ' + e[1] + (e[2] ? ' (' + e[2] + ')' : '')));
    for (const t of r.tech || []) tags.append(pick('technique', t[0], t[0] + (t[1] ? ' ' + t[1] : '')));
    if (tags.children.length) b.append(tags);
    if (f.u) b.append(el('p', 'dim', 'From ' + time(f.t) + ' to ' + time(f.u)));
    if (f.ht) b.append(el('p', 'home-' + f.h, 'Under the rule’s schedule: ' + f.ht));
    if (f.c) b.append(el('h3', '', 'Result'), table(f.c));
    const count = (f.v || []).length + (f.w || []).length + (f.n || 0);
    if (count) b.append(el('h3', '', count === 1 ? 'The event behind it' : `The ${count} events behind it`));
    (f.v || []).forEach((v, i) => {
      const ev = events[v], d = el('details', 'ev', el('summary', '', el('span', 'mono', ev.w), ev.t ? el('span', 'dim', ' — ' + time(ev.t)) : ''));
      const fill = () => { if (d.children.length === 1) d.append(ev.f ? table(ev.f) : el('p', 'dim', 'Its fields are not in this report.')); };
      d.addEventListener('toggle', () => { if (d.open) fill(); });
      if (i === 0) { fill(); d.open = true; }
      b.append(d);
    });
    if (f.w) b.append(el('p', 'mono dim', f.w.join('; ') + (f.n ? ` and ${f.n} more` : '')));
    const about = el('details', 'ev', el('summary', '', 'About the rule'));
    const facts = [['name', r.name], ['id', r.id], ['language', r.lang], ['file', r.file], ['type', r.type], ['tactics', (r.tac || []).join(', ')], ['description', r.text], ['false positives', r.fp], ['references', (r.refs || []).join('\n')], ['finding', f.i]];
    about.append(table(facts.filter(x => x[1])), pick('rule', f.r, 'All findings of this rule', 'btn'));
    b.append(about);
    return b;
  };

  const select = (key, value) => {
    for (const k in only) only[k] = null;
    if (key === 'time') [only.from, only.to] = value; else only[key] = value;
    q.value = '';
    apply();
    document.getElementById('findings').scrollIntoView();
  };
  for (const b of document.querySelectorAll('[data-rule]')) b.addEventListener('click', () => select('rule', Number(b.dataset.rule)));
  for (const b of document.querySelectorAll('[data-entity]')) b.addEventListener('click', () => select('entity', b.dataset.entity));
  for (const b of document.querySelectorAll('[data-technique]')) b.addEventListener('click', () => select('technique', b.dataset.technique));
  for (const b of document.querySelectorAll('[data-from]')) b.addEventListener('click', () => select('time', [b.dataset.from, b.dataset.to]));
  document.querySelector('.tools').addEventListener('submit', e => e.preventDefault());
  document.getElementById('levels').addEventListener('change', apply);
  sort.addEventListener('change', apply);
  let wait;
  q.addEventListener('input', () => { clearTimeout(wait); wait = setTimeout(apply, 150); });
  next.addEventListener('click', more);
  apply();

  // A link to a finding opens it.
  const open = () => {
    const n = findings.findIndex(f => '#f-' + f.i === location.hash);
    if (n < 0) return;
    while (!document.getElementById(location.hash.slice(1)) && drawn < shown.length) more();
    const d = document.getElementById(location.hash.slice(1));
    if (d) { d.open = true; d.scrollIntoView(); }
  };
  addEventListener('hashchange', open);
  open();
})();
