// Search, filters and a few conveniences. Everything else on the pages works without it. Texts are put in as text, never as markup.
(function () {
"use strict";
var doc = document, root = doc.documentElement.getAttribute("data-root") || "";
function el(tag, cls, text) { var e = doc.createElement(tag); if (cls) e.className = cls; if (text !== undefined) e.textContent = text; return e; }
function count(n) { return String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f"); }
function load(src, done) { var s = doc.createElement("script"); s.src = root + src; s.onload = done; s.onerror = done; doc.head.appendChild(s); }

// The index comes in files: one with all rules, and one for each two first characters of words.
var head = null, rules = null, waiting = null, shards = {}, known = {};
window.H = {
  rules: function (h, r) { head = h; rules = r; h.shards.split(" ").forEach(function (s) { known[s] = true; }); },
  shard: function (name, words) { shards[name] = words; }
};
function withRules(then) {
  if (rules) return then();
  if (waiting) return void waiting.push(then);
  waiting = [then];
  load("search/rules.js", function () { var w = waiting; waiting = null; if (rules) w.forEach(function (f) { f(); }); });
}
function hex(s) { return Array.from(new TextEncoder().encode(s), function (b) { return (b < 16 ? "0" : "") + b.toString(16); }).join(""); }
function tokens(q) { return (q.toLowerCase().match(/[\p{L}\p{Nd}\p{M}]+/gu) || []).filter(function (w) { return Array.from(w).length > 1; }).map(function (w) { return w.slice(0, 40); }); }
function withShards(words, then) {
  var names = new Set(words.map(function (w) { return Array.from(w).slice(0, 2).join(""); })), open = 1;
  function done() { if (--open === 0) then(); }
  names.forEach(function (n) { if (known[n] && !shards[n]) { open++; load("search/" + hex(n) + ".js", done); } });
  done();
}
var weights = [1, 2, 5, 14];
// find calls then with the numbers of the rules that have all words of q, the best first; null stands for all rules.
function find(q, then) {
  withRules(function () {
    var words = tokens(q);
    if (!words.length) return then(null);
    withShards(words, function () {
      var scores = null;
      words.forEach(function (w) {
        var shard = shards[Array.from(w).slice(0, 2).join("")] || {}, mine = new Map(), rare;
        Object.keys(shard).forEach(function (word) {
          if (!word.startsWith(w)) return;
          var list = shard[word].split(" "), at = 0, factor = word === w ? 1 : 0.5;
          list.forEach(function (d) {
            at += parseInt(d, 36);
            var s = weights[at & 3] * factor, n = at >> 2;
            if (!(mine.get(n) >= s)) mine.set(n, s);
          });
        });
        rare = Math.log(1 + rules.length / (mine.size || 1));
        var both = new Map();
        mine.forEach(function (s, n) { if (!scores || scores.has(n)) both.set(n, s * rare + (scores ? scores.get(n) : 0)); });
        scores = both;
      });
      then(Array.from(scores).sort(function (a, b) { return b[1] - a[1] || a[0] - b[0]; }).map(function (x) { return x[0]; }));
    });
  });
}
function lang(r) { return el("span", "lang " + ["spl", "kql", "sigma"][r[2]], head.languages[r[2]] || "–"); }
function href(r) { return root + "rules/" + r[1] + ".html"; }

// The box on top.
var box = doc.getElementById("q"), hits = doc.getElementById("hits"), chosen = -1, asked = 0;
var here = doc.getElementById("browse");
function close() { hits.hidden = true; box.setAttribute("aria-expanded", "false"); box.removeAttribute("aria-activedescendant"); chosen = -1; }
function choose(n) {
  var list = hits.querySelectorAll("a");
  if (!list.length) return;
  chosen = (n + list.length) % list.length;
  list.forEach(function (a, i) { a.setAttribute("aria-selected", i === chosen); });
  box.setAttribute("aria-activedescendant", list[chosen].id);
  list[chosen].scrollIntoView({ block: "nearest" });
}
function suggest() {
  var q = box.value, mine = ++asked;
  if (here) { state.q = q; show(); return; }
  if (!tokens(q).length) return close();
  find(q, function (found) {
    if (mine !== asked) return;
    hits.textContent = "";
    chosen = -1;
    found.slice(0, 9).forEach(function (n, i) {
      var a = el("a"); a.href = href(rules[n]); a.id = "hit" + i; a.setAttribute("role", "option"); a.setAttribute("aria-selected", "false"); a.tabIndex = -1;
      a.append(lang(rules[n]), el("span", "", rules[n][0]));
      hits.append(a);
    });
    if (found.length > 9 || !found.length) {
      var a = el("a", "dim", found.length ? "All " + count(found.length) + " rules" : "No rule has all of these words");
      a.setAttribute("role", "option"); a.id = "hit9"; a.setAttribute("aria-selected", "false"); a.tabIndex = -1; a.href = root + "rules.html#q=" + encodeURIComponent(q);
      hits.append(a);
    }
    hits.hidden = false;
    box.setAttribute("aria-expanded", "true");
  });
}
if (box) {
  box.addEventListener("input", suggest);
  box.addEventListener("focus", function () { withRules(function () {}); if (box.value && !here) suggest(); });
  box.addEventListener("keydown", function (e) {
    if (e.key === "ArrowDown" || e.key === "ArrowUp") { if (!hits.hidden) { e.preventDefault(); choose(chosen + (e.key === "ArrowDown" ? 1 : chosen < 0 ? 0 : -1)); } }
    else if (e.key === "Enter") { var a = hits.querySelectorAll("a")[chosen]; if (!hits.hidden && a) { e.preventDefault(); location.href = a.href; } else if (here) e.preventDefault(); }
    else if (e.key === "Escape") { if (hits.hidden) box.blur(); else close(); }
  });
  doc.addEventListener("click", function (e) { if (!box.form.contains(e.target)) close(); });
  doc.addEventListener("keydown", function (e) {
    if (e.key === "/" && !e.ctrlKey && !e.metaKey && !e.altKey && !/^(INPUT|SELECT|TEXTAREA)$/.test(doc.activeElement.tagName)) { e.preventDefault(); box.focus(); box.select(); }
  });
}

// The page of all rules.
var state = { q: "", sort: "best" }, limit = 60;
var facets = [["lang", "Language", "languages", 2], ["level", "Level", "levels", 3], ["state", "State", "states", 4], ["tactic", "Tactic", "tactics", 5], ["format", "Published as", "formats", 7]];
function has(r, f, v) { return f[0] === "tactic" ? (r[5] >> v & 1) === 1 : r[f[3]] === v; }
function passes(r, but) {
  return facets.every(function (f) { var v = state[f[0]]; return f === but || v === undefined || has(r, f, v); }) && (!state.found || r[9] > 0);
}
function show() {
  var mine = ++asked;
  find(state.q, function (found) {
    if (mine !== asked) return;
    var all = found || rules.map(function (_, i) { return i; });
    var list = all.filter(function (n) { return passes(rules[n], null); });
    if (state.sort === "name" || state.sort === "best" && !found) list.sort(function (a, b) { return rules[a][0].localeCompare(rules[b][0], "en") || a - b; });
    if (state.sort === "risk") list.sort(function (a, b) { return rules[b][6] - rules[a][6] || rules[b][3] - rules[a][3] || a - b; });
    if (state.sort === "found") list.sort(function (a, b) { return rules[b][9] - rules[a][9] || a - b; });
    drawFacets(all);
    doc.getElementById("total").textContent = count(list.length) + (list.length === 1 ? " rule" : " rules");
    var ul = doc.getElementById("results");
    ul.textContent = "";
    list.slice(0, limit).forEach(function (n) {
      var r = rules[n], li = el("li"), a = el("a", "", r[0]), meta = el("span", "meta");
      a.href = href(r);
      meta.append(el("span", "level " + head.levels[r[3]], head.levels[r[3]]));
      if (r[4] === 2) meta.append(" · ", el("span", "state refused", "refused"));
      if (r[8]) meta.append(" · " + r[8]);
      if (r[9]) meta.append(" · " + count(r[9]) + (r[9] === 1 ? " finding" : " findings"));
      li.append(lang(r), a, meta);
      ul.append(li);
    });
    doc.getElementById("more").hidden = list.length <= limit;
    var parts = [];
    if (state.q) parts.push("q=" + encodeURIComponent(state.q));
    facets.forEach(function (f) { if (state[f[0]] !== undefined) parts.push(f[0] + "=" + state[f[0]]); });
    if (state.found) parts.push("found=1");
    if (state.sort !== "best") parts.push("sort=" + state.sort);
    try { history.replaceState(null, "", "#" + parts.join("&")); } catch (e) { /* not for every kind of address */ }
  });
}
function drawFacets(all) {
  var out = doc.getElementById("facets"), focused = doc.activeElement && doc.activeElement.getAttribute("data-f");
  out.textContent = "";
  function button(text, n, on, key, click) {
    var b = el("button", "", text); b.type = "button"; b.setAttribute("aria-pressed", on); b.setAttribute("data-f", key);
    b.append(el("span", "dim", count(n))); b.addEventListener("click", function () { click(); limit = 60; show(); });
    return b;
  }
  facets.forEach(function (f) {
    var counts = head[f[2]].map(function () { return 0; });
    all.forEach(function (n) { var r = rules[n]; if (passes(r, f)) counts.forEach(function (_, v) { if (has(r, f, v)) counts[v]++; }); });
    var row = el("div");
    counts.forEach(function (n, v) {
      var on = state[f[0]] === v;
      if (n || on) row.append(button(head[f[2]][v], n, on, f[0] + v, function () { if (on) delete state[f[0]]; else state[f[0]] = v; }));
    });
    if (row.firstChild) out.append(el("h2", "", f[1]), row);
  });
  if (head.data) {
    var row = el("div");
    row.append(button("has findings", all.filter(function (n) { return rules[n][9] > 0; }).length, !!state.found, "found", function () { state.found = !state.found; }));
    out.append(el("h2", "", "Data"), row);
  }
  if (focused) { var b = out.querySelector('[data-f="' + focused + '"]'); if (b) b.focus(); }
}
function readState() {
  var s = { q: "", sort: "best" }, given = location.search.slice(1) + "&" + location.hash.slice(1);
  given.split("&").forEach(function (p) {
    var i = p.indexOf("="), k = p.slice(0, i), v = "";
    try { v = decodeURIComponent(p.slice(i + 1).replace(/\+/g, " ")); } catch (e) { return; }
    if (k === "q") s.q = v;
    else if (k === "sort" && /^(name|risk|found)$/.test(v)) s.sort = v;
    else if (k === "found") s.found = true;
    else facets.forEach(function (f) { if (f[0] === k && /^\d{1,3}$/.test(v)) s[k] = +v; });
  });
  state = s;
  box.value = s.q;
  doc.getElementById("sort").value = s.sort;
}
if (here) {
  here.hidden = false;
  readState();
  show();
  window.addEventListener("hashchange", function () { readState(); show(); });
  doc.getElementById("sort").addEventListener("change", function () { state.sort = this.value; show(); });
  doc.getElementById("more").addEventListener("click", function () { limit += 200; show(); });
}

// Light and dark.
var theme = doc.getElementById("theme");
if (theme) theme.addEventListener("click", function () {
  var now = doc.documentElement.style.colorScheme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  var next = now === "dark" ? "light" : "dark";
  doc.documentElement.style.colorScheme = next;
  try { localStorage.setItem("harrier-theme", next); } catch (e) { /* then it holds for this page */ }
});

// Copying, and the matrix by language.
doc.querySelectorAll(".copy").forEach(function (b) {
  if (!navigator.clipboard) return;
  b.hidden = false;
  b.addEventListener("click", function () {
    navigator.clipboard.writeText(b.nextElementSibling.textContent).then(function () { b.textContent = "Copied"; setTimeout(function () { b.textContent = "Copy"; }, 1500); });
  });
});
var by = doc.getElementById("by");
if (by) {
  by.hidden = false;
  by.addEventListener("click", function (e) {
    var key = e.target.getAttribute && e.target.getAttribute("data-by");
    if (key === null || key === undefined) return;
    by.querySelectorAll("button").forEach(function (b) { b.setAttribute("aria-pressed", b === e.target); });
    doc.querySelectorAll("#grid a.cell").forEach(function (c) { c.className = "cell h" + c.getAttribute("data-" + (key || "h")); });
  });
}
})();
