"use strict";
// The page of the server: hears every entry of its journal and draws what has changed, once in a frame.
// What was recorded or asked reaches the page as text nodes alone.
(() => {
  const MOST_ROWS = 500, MOST_TROUBLES = 200, MOST_SERVED = 500, MOST_SESSIONS = 100, RETRY_MS = 1000;
  const root = document.documentElement;
  const $ = (id) => document.getElementById(id);
  const stored = { get: () => { try { return localStorage.getItem("chunktape-theme"); } catch { return null; } },
    set: (value) => { try { localStorage.setItem("chunktape-theme", value); } catch { /* there may be no storage */ } } };
  if (["light", "dark"].includes(stored.get())) root.dataset.theme = stored.get();

  const NONE = "\u2013";
  // As in the audit's page: what does not show is written as its number.
  const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff0-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;
  const visible = (text) => String(text).replace(UNSEEN, (found) => "\u27e8U+" + found.codePointAt(0).toString(16).toUpperCase().padStart(4, "0") + "\u27e9");
  function el(name, attributes, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (typeof value === "function") node.addEventListener(key, value);
      else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : visible(value));
    }
    node.append(...children.flat().filter((one) => one !== null && one !== undefined && one !== false).map((one) => one instanceof Node ? one : visible(one)));
    return node;
  }
  const tell = (id, text) => { const node = $(id), seen = visible(text); if (node.textContent !== seen) node.textContent = seen; };

  const grouped = (value, digits) => value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ",");
  const short = (value) => grouped(value, Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
  const known = (write) => (value) => value === null || value === undefined ? NONE : write(value);
  const count = known((value) => grouped(value, 0));
  const seconds = known((value) => Math.abs(value) >= 600 ? grouped(value / 60, 1) + " min" : Math.abs(value) >= 1 ? short(value) + " s" : value ? short(value * 1000) + " ms" : "0 ms");
  const many = (value, one, more) => count(value) + " " + (value === 1 ? one : more || one + "s");
  const two = (value) => String(value).padStart(2, "0");
  function clock(text, fine) {
    const at = text instanceof Date ? text : new Date(text);
    if (Number.isNaN(at.getTime())) return NONE;
    return two(at.getHours()) + ":" + two(at.getMinutes()) + ":" + two(at.getSeconds()) + (fine ? "." + String(at.getMilliseconds()).padStart(3, "0") : "");
  }
  const shaped = (kind, shape, text, word) => el("span", { class: kind }, el("span", { class: "shape", "aria-hidden": "true" }, shape), el("span", { class: word || null }, text));

  const OUTCOMES = { played: ["good", "\u2713"], recorded: ["info", "\u25cf"], missed: ["error", "\u2715"], refused: ["warning", "!"] };
  const COURSES = { running: ["info", "\u25b6", "running"], whole: ["good", "\u2713", "whole"], left: ["warning", "\u21a9", "client left"], broken: ["error", "\u2702", "broken off"] };
  const isTrouble = (entry) => entry.outcome === "missed" || entry.outcome === "refused";

  const log = { entries: new Map(), rows: new Map(), open: new Set(), dirty: new Set(), newest: 0, troubles: 0, paused: false, held: 0 };
  const served = { rows: new Map(), found: 0, total: 0, never: 0, asked: 0, timer: 0 };
  const sessions = new Map();
  let about = null, totals = {}, online = false, goneAt = null, drawing = false, drawn = 0, changed = new Set(), told = { missed: 0 }, source = null;

  // What is drawn, and when: in the next frame, ten times a second at most, once where nobody looks.
  function change(...parts) {
    for (const part of parts) changed.add(part);
    if (drawing) return;
    drawing = true;
    const rest = document.hidden ? 1000 : drawn + 100 - performance.now();
    if (rest <= 0) requestAnimationFrame(draw); else setTimeout(() => document.hidden ? draw() : requestAnimationFrame(draw), rest);
  }
  const DRAW = { verdict: drawVerdict, sessions: drawSessions, log: drawLog, served: drawServedSums };
  function draw() {
    drawing = false;
    drawn = performance.now();
    const parts = changed;
    changed = new Set();
    for (const part of parts) DRAW[part]();
    if (about) root.dataset.ready = "yes";
  }

  // The state of things, in one sentence and in numbers.
  function verdict() {
    const where = about ? many(served.total, "recording") + " of " + many(served.cassettes, "cassette") + " at " + location.origin : "";
    const how = about ? "pace " + about.pace + " \u00b7 order " + about.order + " \u00b7 " + (about.faults ? "faults " + about.faults : "no faults") + (about.records ? " \u00b7 records into " + about.records : "") + " \u00b7 since " + clock(about.started) : "";
    const lead = [where, how].filter(Boolean).join(" \u00b7 ");
    if (!online && goneAt) return ["warning", "!", "The server is gone", "It has not answered since " + clock(goneAt) + " and is asked again every second." + (about ? " What it told last is kept below." : "")];
    if (!online) return ["off", "\u00b7", "Asking the server\u2026", "The page shows what is served and what was asked as soon as it answers."];
    if (totals.missed) return ["error", "\u2715", many(totals.missed, "request") + " missed", lead];
    if (totals.refused) return ["warning", "!", many(totals.refused, "request") + " refused", lead];
    if (!totals.played && !totals.recorded) return ["off", "\u00b7", "Nothing was asked yet", lead];
    return ["good", "\u2713", "Every request was answered", lead];
  }
  function drawVerdict() {
    const [kind, shape, title, lead] = verdict();
    $("verdict-box").className = "verdict " + kind;
    tell("verdict-shape", shape);
    tell("verdict-title", title);
    tell("verdict-lead", lead);
    const line = online ? ["good", "\u25cf", "live"] : goneAt ? ["warning", "!", "gone"] : ["off", "\u00b7", "connecting"];
    $("line").className = "badge " + line[0];
    $("line").firstElementChild.textContent = line[1];
    tell("line-word", line[2]);
    document.title = (goneAt && !online ? "gone \u00b7 " : totals.missed ? count(totals.missed) + " missed \u00b7 " : "") + "chunktape serve";
    const tiles = [["Played", totals.played, ""], ["Recorded", totals.recorded, ""], ["Missed", totals.missed, "error"], ["Refused", totals.refused, "warning"],
      ["Running", online ? totals.running : null, "info"], ["Served", served.total, ""], ["Never played", served.never, ""]];
    $("tiles").replaceChildren(...tiles.filter(([title, value]) => title !== "Recorded" || value).map(([title, value, kind]) =>
      el("div", { class: "tile " + (value ? kind : ""), "data-total": title.toLowerCase() }, el("dt", {}, title), el("dd", {}, about ? count(value) : NONE))));
    if (about) tell("about", "chunktape " + about.version + ", listening at " + about.url + ". The same in JSON: /-/state, /-/events, /-/recordings.");
    if (totals.missed > told.missed && online) tell("said", many(totals.missed - told.missed, "request") + " missed");
    told.missed = totals.missed || 0;
  }

  // Requests: the model keeps the newest, and of those that went wrong more than of the others.
  function learn(entry) {
    const before = log.entries.get(entry.number);
    if (!before && entry.number <= log.newest) return;
    log.entries.set(entry.number, entry);
    log.newest = Math.max(log.newest, entry.number);
    if (!before && isTrouble(entry)) log.troubles++;
    if (!before && log.paused) log.held++;
    log.dirty.add(entry.number);
    if (log.entries.size > MOST_ROWS) forget();
  }
  function forget() {
    for (const [number, entry] of log.entries) {
      if (isTrouble(entry) !== log.troubles > MOST_TROUBLES) continue;
      log.entries.delete(number);
      log.dirty.delete(number);
      if (isTrouble(entry)) log.troubles--;
      return;
    }
  }
  function accepts(entry) {
    const sought = $("request-text").value.trim().toLowerCase();
    if ($("request-trouble").checked && !isTrouble(entry)) return false;
    return !sought || [entry.method + " " + entry.path, entry.model, entry.recording, entry.session, entry.fault, entry.message, entry.outcome, entry.course, entry.status].join("\n").toLowerCase().includes(sought);
  }
  const elapsed = (entry) => entry.course === "running" ? Math.max(0, (Date.now() - Date.parse(entry.at)) / 1000) : entry.seconds;

  const HEADS = { requests: [null, null, null, "Course", "Bytes", "Time"], served: [null, null, "Status", "Chunks", "Bytes", "Length", "Ending", "Played"] };
  const row = (table, numbers, cells) => el("tr", { role: "row" }, cells.map((one, place) => el(place ? "td" : "th", {
    role: place ? "cell" : "rowheader", scope: place ? null : "row", class: numbers.includes(place) ? "n" : null, "data-name": HEADS[table][place] }, one)));

  // The first line of an explanation, without the request that stands beside it.
  const gist = (entry) => entry.message.split("\n", 1)[0].replace(/ for [A-Z]+ https?:\S+$/, "");
  function answer(entry) {
    const parts = [];
    if (entry.recording !== null) parts.push(el("bdi", {}, entry.recording));
    if (entry.message) {
      parts.push(el("div", { class: "first" }, el("span", { class: entry.outcome === "missed" ? "bad" : null }, gist(entry)),
        el("button", { type: "button", class: "small", "aria-expanded": String(log.open.has(entry.number)), "aria-controls": "why-" + entry.number, click: () => toggle(entry.number) }, "Why")));
    }
    if (entry.fault) parts.push(el("div", {}, el("span", { class: "badge warning fault" }, "fault: " + entry.fault)));
    return parts.length ? parts : NONE;
  }
  function course(entry) {
    const [kind, shape, word] = COURSES[entry.course] || ["warning", "?", entry.course];
    return [shaped("course " + (isTrouble(entry) && kind === "good" ? "" : kind), shape, word), el("span", { class: "over" }, entry.status === null ? "no status" : "status " + entry.status)];
  }
  const size = (entry) => entry.course === "running" ? NONE : count(entry.sent);
  function build(entry) {
    const [kind, shape] = OUTCOMES[entry.outcome] || ["off", "\u00b7"];
    const beside = [entry.model, entry.session === "default" ? null : "session " + entry.session].filter((one) => one !== null);
    const tr = row("requests", [4, 5], [
      [shaped("badge " + kind, shape, entry.outcome), el("span", { class: "over" }, clock(entry.at, true))],
      [el("code", {}, entry.method + " " + entry.path), el("span", { class: "over" }, el("bdi", {}, beside.join(" \u00b7 ") || "no model named"))],
      answer(entry), course(entry), size(entry), seconds(elapsed(entry)),
    ]);
    return { tr, entry, why: null };
  }
  function unfold(drawn) {
    const text = el("pre", { tabindex: "0", role: "region", "aria-label": "Why request " + drawn.entry.number + " was " + drawn.entry.outcome }, drawn.entry.message);
    drawn.why = el("tr", { class: "why " + drawn.entry.outcome, role: "row", id: "why-" + drawn.entry.number }, el("td", { colspan: 6, role: "cell" }, text, copier("Copy the explanation", () => drawn.entry.message)));
    drawn.tr.classList.add("open");
    drawn.tr.after(drawn.why);
  }
  function toggle(number) {
    const drawn = log.rows.get(number), open = !log.open.has(number);
    log.open[open ? "add" : "delete"](number);
    drawn.tr.querySelector("button").setAttribute("aria-expanded", String(open));
    if (open) { unfold(drawn); return; }
    drawn.tr.classList.remove("open");
    drawn.why.remove();
    drawn.why = null;
  }
  function update(drawn, entry) {
    const before = drawn.entry, cells = drawn.tr.cells;
    drawn.entry = entry;
    if (before.recording !== entry.recording || before.message !== entry.message) cells[2].replaceChildren(...[answer(entry)].flat());
    cells[3].replaceChildren(...course(entry));
    cells[4].textContent = size(entry);
    cells[5].textContent = seconds(elapsed(entry));
  }
  function remove(number, drawn) {
    drawn.tr.remove();
    if (drawn.why) drawn.why.remove();
    log.rows.delete(number);
    log.open.delete(number);
  }
  function prepend(entries) {
    const piece = document.createDocumentFragment();
    const older = [...log.rows];
    log.rows.clear();
    for (const entry of entries) {
      const drawn = build(entry);
      log.rows.set(entry.number, drawn);
      piece.append(drawn.tr);
      if (log.open.has(entry.number)) unfold(drawn);
    }
    for (const [number, drawn] of older) log.rows.set(number, drawn);
    $("requests-table").tBodies[0].prepend(piece);
  }
  const newestFirst = (a, b) => b.number - a.number;
  function redraw() {
    log.rows.clear();
    log.dirty.clear();
    log.held = 0;
    $("requests-table").tBodies[0].replaceChildren();
    prepend([...log.entries.values()].filter(accepts).sort(newestFirst));
    drawSums();
  }
  function drawLog() {
    if (log.paused) { drawSums(); return; }
    const fresh = [], top = log.rows.size ? log.rows.keys().next().value : 0;
    for (const number of log.dirty) {
      const entry = log.entries.get(number), drawn = log.rows.get(number);
      if (drawn) update(drawn, entry);
      else if (accepts(entry)) fresh.push(entry);
    }
    log.dirty.clear();
    if (fresh.some((entry) => entry.number < top)) { redraw(); return; }
    if (fresh.length) {
      prepend(fresh.sort(newestFirst));
      if (fresh.length < 10) for (const entry of fresh) log.rows.get(entry.number).tr.classList.add("new");
    }
    for (const [number, drawn] of log.rows) if (!log.entries.has(number)) remove(number, drawn);
    drawSums();
  }
  function drawSums() {
    const all = log.entries.size, here = log.rows.size, filtered = $("request-text").value.trim() || $("request-trouble").checked;
    const asked = ["played", "recorded", "missed", "refused"].reduce((sum, name) => sum + (totals[name] || 0), 0);
    tell("requests-told", (filtered ? count(here) + " of " + many(all, "request") : many(all, "request")) + (asked > all ? ", kept of " + count(asked) : ""));
    tell("pause", !log.paused ? "Pause" : log.held ? "Go on (" + count(log.held) + " new)" : "Go on");
    tell("requests-empty", here ? "" : all ? "No request is like this." : "Nothing was asked yet. Requests show up here as they come in.");
  }
  function tick() {
    if (online && !log.paused && !document.hidden && totals.running) {
      for (const drawn of log.rows.values()) if (drawn.entry.course === "running") drawn.tr.cells[5].textContent = seconds(elapsed(drawn.entry));
    }
  }

  // What is served: the server filters, and tells a part at a time.
  async function ask(first) {
    const mine = ++served.asked;
    const query = new URLSearchParams({ text: $("served-text").value.trim(), from: first });
    if ($("served-never").checked) query.set("played", "never");
    let found;
    try {
      found = await (await fetch("/-/recordings?" + query)).json();
    } catch { return; /* the server is gone, which is told elsewhere */ }
    if (mine !== served.asked) return;
    if (!first) { served.rows.clear(); $("served-table").tBodies[0].replaceChildren(); }
    served.found = found.found;
    const made = found.served.map(recording);
    $("served-table").tBodies[0].append(...made);
    if (first && made.length) { made[0].tabIndex = -1; made[0].focus({ preventScroll: true }); }
    drawServedSums();
  }
  function played(cell, times) {
    cell.replaceChildren(times ? el("span", {}, many(times, "time")) : shaped("badge warning", "\u25cb", "never"));
  }
  function recording(one) {
    const [, host, path] = /^https?:\/\/([^/?#]*)(.*)$/s.exec(one.url || "") || [null, null, one.url];
    const facts = [one.model, one.dialect && one.dialect.replace("_", " "), host].filter(Boolean).join(" \u00b7 ");
    const tr = row("served", [3, 4, 5], [
      [el("bdi", {}, one.recording), one.recorded_at ? el("span", { class: "over" }, "recorded " + one.recorded_at.slice(0, 10)) : null],
      [el("code", {}, [one.method, path].filter(Boolean).join(" ") || "not recorded"), facts ? el("span", { class: "over" }, el("bdi", {}, facts)) : null],
      el("span", { class: one.status >= 400 ? "bad" : null }, one.status === null ? "no reply" : one.status), count(one.chunks), count(one.bytes), seconds(one.seconds),
      el("span", { class: one.ending === "error" ? "bad" : null }, one.ending === null ? NONE : one.ending), NONE,
    ]);
    served.rows.set(one.recording, tr);
    played(tr.cells[7], one.played);
    return tr;
  }
  function drawServedSums() {
    const here = served.rows.size, filtered = $("served-text").value.trim() || $("served-never").checked;
    const full = here >= MOST_SERVED && served.found > here;
    tell("served-told", (filtered ? count(served.found) + " of " + many(served.total, "recording") : many(served.total, "recording")) + (served.found > here ? ", the first " + count(here) + (full ? "; the filter finds others" : "") : ""));
    tell("served-empty", here || !about ? "" : served.total ? "No recording is like this." : "Nothing is recorded yet.");
    $("served-more").hidden = served.found <= here || full;
  }

  // Sessions, the one that asked last first.
  function drawSessions() {
    const focused = document.activeElement && document.activeElement.dataset.session;
    const names = [...sessions.keys()].reverse();
    $("session-list").replaceChildren(...names.slice(0, MOST_SESSIONS).map((name) => el("li", {},
      el("span", {}, el("bdi", {}, name), el("span", { class: "over" }, many(sessions.get(name), "request"))),
      el("button", { type: "button", class: "small", "data-session": name, "aria-label": "Reset the session " + name, click: () => reset(name) }, "Reset"))),
    ...(names.length ? [] : [el("li", {}, el("span", { class: "none" }, "No session has asked for a recording."))]),
    ...(names.length > MOST_SESSIONS ? [el("li", {}, el("span", { class: "none" }, "and " + count(names.length - MOST_SESSIONS) + " more"))] : []));
    $("reset-all").hidden = names.length < 2;
    if (focused !== undefined) for (const one of $("session-list").querySelectorAll("button")) if (one.dataset.session === focused) one.focus();
  }
  async function reset(name) {
    try {
      const reply = await fetch("/-/reset" + (name === null ? "" : "?" + new URLSearchParams({ session: name })), { method: "POST" });
      if (!reply.ok) throw new Error();
    } catch { note("The server did not answer: nothing was reset."); }
  }
  function note(text) {
    $("reset-told").hidden = false;
    tell("reset-told", text);
  }
  function wasReset({ session, sessions: done }) {
    if (session === null) sessions.clear(); else sessions.delete(session);
    const at = clock(new Date()) + ": ";
    if (!done) note(at + (session === null ? "there was no session to reset." : "there was no session \u201c" + session + "\u201d to reset."));
    else if (session === null) note(at + many(done, "session begins", "sessions begin") + " anew, each from its first recordings.");
    else note(at + "session \u201c" + session + "\u201d begins anew: equal requests get their first recording again.");
    change("sessions");
  }

  function copier(title, text, shown) {
    return el("button", { type: "button", class: "small", "aria-label": shown ? title : null, click: async (event) => {
      const button = event.currentTarget, before = button.dataset.before || (button.dataset.before = button.textContent);
      const done = await copied(text());
      button.textContent = done ? "Copied" : "Select it, press Ctrl+C";
      tell("said", done ? title + ": done" : "The browser does not let a page copy here");
      setTimeout(() => { button.textContent = before; }, 1500);
    } }, shown || title);
  }
  async function copied(text) {
    try { await navigator.clipboard.writeText(text); return true; } catch { return false; }
  }
  // The variables that lead clients here, by the name under which the page was asked for.
  const settings = () => Object.entries(about ? about.variables : {}).map(([name, url]) => [name, url.startsWith(about.url) ? location.origin + url.slice(about.url.length) : url]);
  function drawAddresses() {
    const found = settings(), seen = JSON.stringify(found);
    tell("key-note", about.records ? "Keys go on to the provider and are not kept." : "Any API key does; none is checked.");
    if ($("address-list").dataset.seen === seen) return;
    $("address-list").dataset.seen = seen;
    $("address-list").replaceChildren(...found.map(([name, url]) => el("li", {},
      el("code", {}, el("b", {}, name)), copier("Copy " + name, () => name + "=" + url, "Copy"), el("code", { class: "where" }, url))));
    $("copy-all").replaceChildren(copier("Copy all of them", () => settings().map((one) => one.join("=") + "\n").join("")));
  }

  // The line to the server: it begins with the state, and every event changes something of it.
  function take(state) {
    const isOther = about && about.started !== state.about.started;
    if (!about) told.missed = state.totals.missed;
    about = state.about;
    totals = state.totals;
    online = true;
    goneAt = null;
    sums(state.recordings);
    sessions.clear();
    for (const one of state.sessions) sessions.set(one.name, one.asked);
    if (isOther) { log.open.clear(); $("reset-told").hidden = true; }
    log.entries.clear();
    log.newest = log.troubles = 0;
    for (const entry of state.entries) learn(entry);
    if (log.paused) change("log"); else redraw();
    if (isOther) tell("said", "The server was started anew; the page shows what it tells now.");
    drawAddresses();
    change("verdict", "sessions");
    ask(0);
  }
  function sums(recordings) {
    served.total = recordings.count;
    served.cassettes = recordings.cassettes;
    served.never = recordings.never_played;
  }
  function sum(news) {
    const grew = news.recordings.count !== served.total;
    totals = news.totals;
    sums(news.recordings);
    for (const one of news.sessions) { sessions.delete(one.name); sessions.set(one.name, one.asked); }
    for (const [name, times] of Object.entries(news.played)) if (served.rows.has(name)) played(served.rows.get(name).cells[7], times);
    if (grew) { clearTimeout(served.timer); served.timer = setTimeout(ask, 300, 0); }
    change("verdict", "sessions", "log", "served");
  }
  function lost() {
    source.close();
    if (online || !goneAt) {
      goneAt = new Date();
      tell("said", "The server is gone; the page asks for it again.");
    }
    online = false;
    change("verdict");
    setTimeout(connect, RETRY_MS);
  }
  function connect() {
    source = new EventSource("/-/events");
    const on = (name, does) => source.addEventListener(name, (event) => does(JSON.parse(event.data)));
    on("state", take);
    on("entry", (entry) => { learn(entry); change("log"); });
    on("sums", sum);
    on("reset", wasReset);
    source.addEventListener("error", lost);
  }

  function startTheme() {
    const button = $("theme"), asked = matchMedia("(prefers-color-scheme: dark)");
    const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : asked.matches;
    const show = () => button.setAttribute("aria-pressed", String(isDark()));
    button.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; stored.set(root.dataset.theme); show(); });
    asked.addEventListener("change", show);
    show();
  }
  function start() {
    startTheme();
    for (const name of ["requests", "served"]) $(name + "-filter").addEventListener("submit", (event) => event.preventDefault());
    $("requests-filter").addEventListener("input", redraw);
    $("pause").addEventListener("click", () => {
      log.paused = !log.paused;
      $("pause").setAttribute("aria-pressed", String(log.paused));
      if (log.paused) drawSums(); else redraw();
    });
    $("served-filter").addEventListener("input", () => { clearTimeout(served.timer); served.timer = setTimeout(ask, 120, 0); });
    $("served-more").addEventListener("click", () => ask(served.rows.size));
    $("reset-all").addEventListener("click", () => reset(null));
    setInterval(tick, 250);
    change("verdict", "log");
    connect();
  }
  addEventListener("DOMContentLoaded", start);
})();
