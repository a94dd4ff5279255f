"use strict";
// The page of an audit: filters, sorting, a page for each stream with its text as it came. What was
// recorded reaches the page as text nodes alone.
(() => {
  const root = document.documentElement;
  const $ = (id) => document.getElementById(id);
  const stored = { get: () => { try { return localStorage.getItem("chunktape-theme"); } catch { return null; } },
    set: (value) => { try { localStorage.setItem("chunktape-theme", value); } catch { /* a file may have no storage */ } } };
  if (["light", "dark"].includes(stored.get())) root.dataset.theme = stored.get();

  const NONE = "\u2013";
  const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff0-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;
  const named = (found) => "U+" + found.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
  const visible = (text) => String(text).replace(UNSEEN, (found) => "\u27e8" + named(found) + "\u27e9");
  const el = (name, attributes, ...children) => fill(document.createElement(name), attributes, ...children);
  const svg = (name, attributes, ...children) => fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, ...children);
  function fill(node, attributes, ...children) {
    for (const [key, value] of Object.entries(attributes || {})) {
      if (typeof value === "function") node.addEventListener(key, value);
      else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : visible(value));
    }
    node.append(...children.flat().filter((one) => one !== null && one !== undefined).map((one) => one instanceof Node ? one : visible(one)));
    return node;
  }

  // Numbers as html_number.py writes them.
  const grouped = (value, digits) => value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ",");
  const short = (value) => grouped(value, Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
  const known = (write) => (value) => value === null || value === undefined ? NONE : write(value);
  const count = known((value) => grouped(value, 0));
  const number = known((value) => Number.isInteger(value) ? grouped(value, 0) : short(value));
  const share = known((value) => value > 0 && value < 0.01 ? "<1 %" : value > 0.99 && value < 1 ? ">99 %" : grouped(value * 100, 0) + " %");
  const seconds = known((value) => Math.abs(value) >= 600 ? grouped(value / 60, 1) + " min" : Math.abs(value) >= 1 ? short(value) + " s" : value ? short(value * 1000) + " ms" : "0 ms");
  const round = (text) => text.replace(/\.0+(?![0-9])|(\.[0-9]*?[1-9])0+(?![0-9])/, "$1");
  const dollars = known((value) => "$" + grouped(value, value >= 1 || value <= 0 ? 2 : Math.min(12, Math.max(4, 1 - Math.floor(Math.log10(value))))));

  async function inflated(text) {
    const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return JSON.parse(await new Response(stream).text());
  }

  let DATA, TRACES, stop = () => {}, lists = {}, left = { y: 0, place: null }, clicked = false, shown = 0;

  function startTheme() {
    const button = $("theme"), asked = matchMedia("(prefers-color-scheme: dark)");
    const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : asked.matches;
    const tell = () => { button.setAttribute("aria-pressed", String(isDark())); };
    button.hidden = false;
    button.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; stored.set(root.dataset.theme); tell(); });
    asked.addEventListener("change", tell);
    tell();
  }

  // Tables: a click on a name sorts by it, a second one the other way around; what is not known stays last.
  function sortable(table, sort) {
    for (const head of table.tHead.rows[0].cells) {
      const button = el("button", { type: "button" });
      button.append(...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") === "none" ? !head.classList.contains("n") : head.getAttribute("aria-sort") === "descending";
        for (const one of table.tHead.rows[0].cells) one.setAttribute("aria-sort", "none");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        sort(head.cellIndex, up);
      });
    }
  }
  const compared = (a, b, up) => {
    if (a === b) return 0;
    if (a === null || a === undefined || a === "") return 1;
    if (b === null || b === undefined || b === "") return -1;
    const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
    return up ? order : -order;
  };
  function sortRows(table) {
    sortable(table, (place, up) => {
      const key = (row) => { const cell = row.cells[place]; return cell.dataset.value !== undefined ? Number(cell.dataset.value) : cell.classList.contains("n") ? null : cell.textContent; };
      const rows = [...table.tBodies[0].rows].map((row) => [key(row), row]);
      table.tBodies[0].append(...rows.sort((a, b) => compared(a[0], b[0], up)).map((one) => one[1]));
    });
  }

  // A long list shows a page of its rows, and more on demand.
  function list(name, rows, keys, render, accepts) {
    const table = $(name + "-table"), told = $(name + "-told"), more = $(name + "-more");
    const state = { rows, most: 25 };
    const heads = [...table.tHead.rows[0].cells].map((one) => one.textContent);
    const draw = (first) => {
      const cells = (row) => render(row).map((one, place) => el(place ? "td" : "th", {
        role: place ? "cell" : "rowheader", scope: place ? null : "row", class: table.tHead.rows[0].cells[place].className || null, "data-name": heads[place],
      }, one));
      const body = state.rows.slice(first, state.most).map((row) => el("tr", { role: "row" }, ...cells(row)));
      if (first) table.tBodies[0].append(...body); else table.tBodies[0].replaceChildren(...body);
      told.textContent = state.rows.length === rows.length ? count(rows.length) + " " + name : count(state.rows.length) + " of " + count(rows.length) + " " + name;
      more.hidden = state.rows.length <= state.most;
    };
    const order = { place: null, up: true };
    const apply = () => {
      state.most = 25;
      state.rows = rows.filter(accepts);
      if (order.place !== null) state.rows.sort((a, b) => compared(keys[order.place](a), keys[order.place](b), order.up));
      draw(0);
    };
    sortable(table, (place, up) => { Object.assign(order, { place, up }); apply(); });
    more.addEventListener("click", () => {
      const first = state.most;
      state.most += 100;
      draw(first);
      const link = table.tBodies[0].rows[first].querySelector("a, summary");
      if (link) link.focus();
    });
    const form = $(name + "-filter");
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => { if (event.target.tagName !== "SELECT") apply(); });
    form.addEventListener("change", (event) => { if (event.target.tagName === "SELECT") apply(); });
    apply();
    return { apply, state };
  }

  const badge = (severity) => el("span", { class: "badge " + severity },
    el("span", { class: "shape", "aria-hidden": "true" }, { error: "\u2715", warning: "!", info: "i" }[severity] || "\u00b7"), severity);
  const told = (rule) => (DATA.rules[rule] || ["", "", ""]);
  const streamLink = (place, name, number) => el("a", { href: "#/stream/" + place }, el("bdi", {}, name), number === null ? "" : " #" + number);
  const evidence = (one) => one.evidence ? el("div", { class: "evidence" }, one.evidence) : null;

  function startFindings() {
    if (!$("findings-table")) return;
    const choose = (id, values) => $(id).append(...values.map((value) => el("option", { value }, value)));
    const all = (field) => [...new Set(DATA.findings.map((one) => one[field]).filter(Boolean))].sort();
    choose("finding-severity", DATA.severities.filter((one) => DATA.findings.some((found) => found.severity === one)));
    choose("finding-rule", all("rule"));
    choose("finding-provider", all("provider"));
    const wanted = (id, value) => !$(id).value || $(id).value === visible(value);
    const words = (one) => one.words ??= [one.cassette, one.subject, one.message, one.evidence, one.rule, one.profile, told(one.rule)[0]].join("\n").toLowerCase();
    const render = (one) => [
      badge(one.severity), el("code", {}, one.rule),
      el("div", {}, one.message, el("span", { class: "over" }, told(one.rule)[0]), el("details", {}, el("summary", {}, "Details"), facts([
        ["Subject", one.subject], ["Event", one.event], ["Line", one.line], ["Profile", one.profile], ["Way out", told(one.rule)[1]], ["Source", told(one.rule)[2]]]), evidence(one))),
      el("div", {}, one.stream !== null ? streamLink(one.stream, one.cassette, one.interaction)
        : one.cassette ? el("span", {}, el("bdi", {}, one.cassette), one.interaction === null ? "" : " #" + one.interaction) : "several cassettes",
        el("span", { class: "over" }, one.provider)),
      count(one.count),
    ];
    const keys = [(one) => DATA.severities.indexOf(one.severity), (one) => one.rule, (one) => one.message, (one) => one.cassette + " #" + one.interaction, (one) => one.count];
    lists.findings = list("findings", DATA.findings, keys, render, (one) => wanted("finding-severity", one.severity)
      && wanted("finding-rule", one.rule) && wanted("finding-provider", one.provider) && words(one).includes($("finding-text").value.toLowerCase()));
    for (const link of document.querySelectorAll("#heat a[data-rule]")) {
      link.addEventListener("click", () => {
        for (const [id, value] of [["finding-severity", ""], ["finding-rule", link.dataset.rule], ["finding-provider", link.dataset.provider]]) $(id).value = value;
        $("finding-text").value = "";
        lists.findings.apply();
      });
    }
  }

  function startStreams() {
    if (!$("streams-table")) return;
    const render = (one) => [
      streamLink(one.place, one.cassette, one.interaction), el("div", {}, el("span", { class: "over" }, one.provider), one.model || NONE),
      seconds(one.ttft), seconds(one.e2e), count(one.output_tokens), number(one.out_tps), count(one.stalls), seconds(one.max_gap), dollars(one.usd), count(one.findings),
    ];
    const keys = [(one) => one.cassette + " #" + one.interaction, (one) => one.provider + " " + one.model,
      ...["ttft", "e2e", "output_tokens", "out_tps", "stalls", "max_gap", "usd", "findings"].map((name) => (one) => one[name])];
    lists.streams = list("streams", DATA.streams, keys, render, (one) =>
      [one.cassette, one.provider, one.host, one.model].join("\n").toLowerCase().includes($("stream-text").value.toLowerCase()));
  }

  const facts = (rows) => el("dl", { class: "facts" }, rows.filter((one) => one[1] !== null && one[1] !== undefined && one[1] !== "").map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
  const section = (title, ...content) => el("section", {}, el("h2", {}, title), ...content);

  function trace(raw) {
    const sum = (steps) => { let at = 0; return steps.map((step) => at += step); };
    const at = raw.at && sum(raw.at), event = sum(raw.event);
    let from = 0;
    const pieces = raw.part.map((part, place) => ({ part, event: event[place], at: at ? at[place] : null, text: raw.text.slice(from, from += raw.length[place]) }));
    const parts = raw.parts.map(([kind, name]) => ({ kind: DATA.kinds[kind], name }));
    const last = at ? at.reduce((most, one) => Math.max(most, one), 0) : 0;
    return { ...raw, pieces, parts, timed: Boolean(at), whole: Math.max(last, raw.head || 0, raw.end || 0, 1) };
  }

  // The same drawing as html_waterfall.py's, with a line that follows the replay.
  const WORDS = { text: "text", reasoning: "reasoning", refusal: "refusal", tool: "tool call" };
  function waterfall(one, title) {
    const LANE = 44, LABEL = 14, kinds = [...new Set(one.parts.map((part) => part.kind))];
    const height = kinds.length * (LANE + LABEL), percent = (at) => (at / one.whole * 100).toFixed(2) + "%";
    const line = (name, at) => svg("line", { class: name, x1: percent(at), x2: percent(at), y1: 0, y2: height });
    const label = (at, y, text) => svg("text", { class: "label", x: percent(at), y, "text-anchor": at < one.whole * 0.04 ? "start" : at > one.whole * 0.96 ? "end" : "middle" }, text);
    const lanes = kinds.map((kind, lane) => {
      const sizes = one.pieces.filter((piece) => one.parts[piece.part].kind === kind).map((piece) => [piece.at, piece.text.length || (one.parts[piece.part].name || "").length]);
      const most = sizes.reduce((top, [, size]) => Math.max(top, size), 1);
      const path = sizes.map(([at, size]) => "M" + (at / one.whole * 1000).toFixed(1) + " 100v-" + Math.max(Math.round(Math.sqrt(size / most) * 100), 6)).join("");
      return [svg("text", { class: "label lane k-" + kind, x: 0, y: lane * (LANE + LABEL) + 10 }, WORDS[kind]),
        svg("svg", { y: lane * (LANE + LABEL) + LABEL, viewBox: "0 0 1000 100", preserveAspectRatio: "none", width: "100%", height: LANE }, svg("path", { class: "ticks k-" + kind, d: path }))];
    });
    const rough = one.whole / 6, power = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 5, 10].find((by) => by * power >= rough) * power, marks = [];
    for (let at = 0; at <= one.whole * 1.000001; at += step) marks.push(label(at, height + 15, at ? round(seconds(at / 1000)) : "0"));
    const stalls = one.stalls.map(([from, to]) => [svg("rect", { class: "stall", x: percent(from), width: percent(to - from), y: 0, height }),
      to - from > one.whole * 0.05 ? svg("text", { class: "label on", x: percent((from + to) / 2), y: 11, "text-anchor": "middle" }, seconds((to - from) / 1000)) : null]);
    const cursor = line("cursor", 0);
    cursor.setAttribute("visibility", "hidden");
    const said = count(one.pieces.length) + " pieces in " + seconds(one.whole / 1000) + ", " + count(one.stalls.length) + " stalls.";
    const drawing = svg("svg", { class: "chart waterfall", role: "img", width: "100%", height: height + 20, "aria-labelledby": "wf-title wf-desc" },
      svg("title", { id: "wf-title" }, title), svg("desc", { id: "wf-desc" }, said), stalls.flat(),
      one.head === null ? null : line("frame head", one.head), one.end === null ? null : line("frame end", one.end),
      svg("line", { class: "grid", x1: 0, x2: "100%", y1: height, y2: height }), lanes.flat(), marks, cursor);
    const move = (at) => { cursor.setAttribute("visibility", at >= one.whole ? "hidden" : "visible"); cursor.setAttribute("x1", percent(at)); cursor.setAttribute("x2", percent(at)); };
    return { drawing, move };
  }

  // A recorded text, in which what does not show stands as its number.
  function spoken(text) {
    const found = [];
    let from = 0;
    for (const odd of text.matchAll(UNSEEN)) {
      found.push(document.createTextNode(text.slice(from, odd.index)), el("span", { class: "odd" }, named(odd[0])));
      from = odd.index + odd[0].length;
    }
    return [...found, document.createTextNode(text.slice(from))];
  }
  function texts(one) {
    const boxes = one.parts.map((part) => el("p", {}));
    const spans = one.pieces.map((piece) => {
      const span = el("span", piece.at === null ? {} : { title: "event " + piece.event + ", " + seconds(piece.at / 1000) });
      span.append(...spoken(piece.text));
      boxes[piece.part].append(span);
      return span;
    });
    const parts = one.parts.map((part, place) => el("div", { class: "part " + part.kind },
      el("h3", {}, part.name ? [WORDS[part.kind][0].toUpperCase() + WORDS[part.kind].slice(1) + ": ", el("code", {}, part.name)] : WORDS[part.kind][0].toUpperCase() + WORDS[part.kind].slice(1)), boxes[place]));
    return { spans, parts, box: el("div", { class: "parts" }, ...parts) };
  }

  function player(one, { spans, parts, box }, move) {
    let at = one.whole, place = spans.length, frame = null, last = 0;
    const begun = parts.map((_, part) => one.pieces.filter((piece) => piece.part === part).length);
    const turn = (number, by) => {
      const part = one.pieces[number].part;
      spans[number].classList.toggle("later", by < 0);
      begun[part] += by;
      parts[part].hidden = !begun[part];
    };
    const play = el("button", { type: "button", class: "primary", id: "replay" }, "Replay");
    const slide = el("input", { type: "range", min: 0, max: one.whole, step: 1, value: one.whole, "aria-label": "Time of the replay", id: "replay-time" });
    const speed = el("select", { id: "replay-speed" }, [0.25, 0.5, 1, 2, 5, 10].map((by) => el("option", { value: by, selected: by === 1 }, by + "\u00d7")));
    const clock = el("span", { class: "clock" });
    const said = el("span", { class: "vh", role: "status" });
    const show = () => {
      while (place < spans.length && one.pieces[place].at <= at) turn(place++, 1);
      while (place > 0 && one.pieces[place - 1].at > at) turn(--place, -1);
      move(at);
      slide.value = at;
      clock.textContent = seconds(at / 1000) + " of " + seconds(one.whole / 1000);
      slide.setAttribute("aria-valuetext", clock.textContent);
    };
    const pause = () => { cancelAnimationFrame(frame); frame = null; play.textContent = at >= one.whole ? "Replay" : "Go on"; };
    const tick = (now) => {
      at = Math.min(one.whole, at + (now - last) * Number(speed.value));
      last = now;
      show();
      if (at >= one.whole) { pause(); said.textContent = "The replay has ended."; } else frame = requestAnimationFrame(tick);
    };
    play.addEventListener("click", () => {
      if (frame !== null) { pause(); return; }
      if (at >= one.whole) at = 0;
      play.textContent = "Pause";
      said.textContent = "The replay has begun.";
      last = performance.now();
      show();
      frame = requestAnimationFrame(tick);
    });
    slide.addEventListener("input", () => { if (frame !== null) pause(); at = Number(slide.value); show(); play.textContent = at >= one.whole ? "Replay" : "Go on"; });
    show();
    stop = () => cancelAnimationFrame(frame);
    return el("div", { class: "player", role: "group", "aria-label": "Replay" }, play, slide, clock, el("label", {}, "Speed", speed), edges(box), said);
  }
  const edges = (box) => el("label", {}, el("input", { type: "checkbox", id: "edges", change: (event) => box.classList.toggle("events", event.target.checked) }), "Mark events");

  function about(found, one, spans) {
    const jump = (event) => {
      const place = one ? one.pieces.findIndex((piece) => piece.event === event) : -1;
      return place < 0 ? "Event " + event : el("button", { type: "button", click: () => {
        for (const span of spans) span.classList.remove("here");
        spans[place].classList.add("here");
        spans[place].scrollIntoView({ block: "center" });
      } }, "Event " + event);
    };
    return el("ul", { class: "about" }, found.map((finding) => el("li", {},
      badge(finding.severity), " ", el("code", {}, finding.rule), " ", finding.count > 1 ? el("span", { class: "none" }, count(finding.count) + " times ") : null,
      finding.event === null ? null : jump(finding.event), el("p", {}, finding.message), told(finding.rule)[0] ? el("p", { class: "over" }, "The rule: " + told(finding.rule)[0]) : null, evidence(finding))));
  }

  const METRICS = [["Model", "model"], ["Dialect", "dialect"], ["Host", "host"], ["Head (TTFB)", "ttfb", seconds], ["First event (TTFC)", "ttfc", seconds], ["First output (TTFT)", "ttft", seconds],
    ["First answer (TTFA)", "ttfa", seconds], ["Last output (E2E)", "e2e", seconds], ["Closed after", "e2e_close", seconds], ["Time per token (ITL)", "itl", seconds],
    ["Tokens in a second", "out_tps", number], ["\u2026 from the request", "out_tps_e2e", number], ["Input tokens", "input_tokens", count], ["Output tokens", "output_tokens", count],
    ["Events with output", "events", count], ["Characters", "characters", count], ["Tokens per event", "tok_per_chunk", number], ["Came in one read", "coalesced", share],
    ["Stalls", "stalls", count], ["Time in stalls", "stall_time", share], ["Longest gap", "max_gap", seconds], ["99 % of gaps below", "p99_gap", seconds],
    ["Server says", "srv_ms", (value) => seconds(value / 1000)], ["Rest of TTFB", "net", seconds], ["Cost", "usd", dollars]];

  async function showStream(place) {
    const row = DATA.streams[place], mine = ++shown, found = DATA.findings.filter((one) => one.stream === place);
    stop();
    const packed = TRACES.get(place), one = packed === undefined ? null : trace(await inflated(packed));
    if (mine !== shown) return;
    const name = row.cassette + " #" + row.interaction;
    $("stream-title").replaceChildren(el("span", { class: "over" }, [row.provider, row.model].filter(Boolean).join(" \u00b7 ")), el("bdi", {}, row.cassette), " #" + row.interaction);
    const tiles = [["TTFT", seconds(row.ttft)], ["E2E", seconds(row.e2e)], ["Per token", seconds(row.itl)], ["Tokens/s", number(row.out_tps)], ["Output tokens", count(row.output_tokens)],
      ["Stalls", count(row.stalls)], ["Longest gap", seconds(row.max_gap)], ["Cost", dollars(row.usd)]];
    const parts = [el("dl", { class: "tiles" }, tiles.filter((tile) => tile[1] !== NONE).map(([title, value]) => el("div", { class: "tile" }, el("dt", {}, title), el("dd", {}, value))))];
    let spans = [];
    if (one) {
      const said = texts(one);
      spans = said.spans;
      const drawn = one.timed ? waterfall(one, "Waterfall of " + name) : null;
      const controls = one.timed ? player(one, said, drawn.move)
        : el("div", { class: "player" }, edges(said.box), el("span", { class: "none" }, "The recording holds no times, so there is nothing to replay by."));
      parts.push(section("As it came", drawn && drawn.drawing, controls, said.box, one.ending ? el("p", { class: "note" }, "The transport ended: " + one.ending + ".") : null));
    } else {
      const quoted = "'" + row.cassette.replaceAll("'", "'\\''") + "'";
      parts.push(section("As it came", el("div", { class: "missing" }, !row.characters ? "No output of a model was found in this stream." : "The text of this stream is left out, to keep the file small. This command shows it as it came:", !row.characters ? null : el("div", { class: "evidence" }, "chunktape show --live " + quoted))));
    }
    parts.push(section("Findings", found.length ? about(found, one, spans) : el("p", {}, "Nothing was found in this stream.")));
    parts.push(section("Metrics", facts(METRICS.map(([title, field, write]) => [title, row[field] === null ? null : write ? write(row[field]) : row[field]]))));
    $("stream-body").replaceChildren(...parts);
    const order = lists.streams.state.rows, here = order.indexOf(row);
    for (const [id, other] of [["stream-before", order[here - 1]], ["stream-after", here < 0 ? undefined : order[here + 1]]]) {
      $(id).hidden = !other;
      if (other) $(id).href = "#/stream/" + other.place;
    }
    $("overview").hidden = true;
    $("stream").hidden = false;
    document.title = visible(name) + " \u00b7 chunktape audit";
    scrollTo({ top: 0, behavior: "instant" });
    $("stream-title").focus({ preventScroll: true });
  }

  function showOverview() {
    stop();
    shown++;
    const wasStream = !$("stream").hidden;
    $("stream").hidden = true;
    $("overview").hidden = false;
    document.title = "chunktape audit";
    const target = location.hash.length > 1 && $(location.hash.slice(1));
    if (clicked && target) {
      target.scrollIntoView();
      const heading = $(location.hash.slice(1) + "-title");
      if (heading) heading.focus({ preventScroll: true });
    } else if (wasStream) {
      scrollTo({ top: left.y, behavior: "instant" });
      const link = left.place === null ? null : $("overview").querySelector(left.place);
      if (link) link.focus({ preventScroll: true });
    }
    clicked = false;
  }

  function route() {
    const found = /^#\/stream\/(\d+)$/.exec(location.hash);
    if (found && DATA.streams[found[1]]) { clicked = false; showStream(Number(found[1])); } else showOverview();
  }

  function startContents() {
    const links = new Map([...document.querySelectorAll("#contents a")].map((link) => [link.getAttribute("href").slice(1), link]));
    const seen = new Set();
    const watch = new IntersectionObserver((entries) => {
      for (const entry of entries) seen[entry.isIntersecting ? "add" : "delete"](entry.target.id);
      const here = [...links.keys()].find((id) => seen.has(id));
      for (const [id, link] of links) if (id === here) link.setAttribute("aria-current", "location"); else link.removeAttribute("aria-current");
    }, { rootMargin: "-10% 0px -70% 0px" });
    for (const id of links.keys()) if ($(id)) watch.observe($(id));
  }

  const objects = (fields, rows) => rows.map((row) => Object.fromEntries(fields.map((field, place) => [field, row[place]])));

  async function start() {
    startTheme();
    for (const table of document.querySelectorAll("table.sortable")) sortRows(table);
    if (typeof DecompressionStream === "undefined") return;
    DATA = await inflated($("data").textContent.trim());
    DATA.streams = objects(DATA.stream_fields, DATA.streams).map((one, place) => ({ ...one, place }));
    DATA.findings = objects(DATA.finding_fields, DATA.findings).map((one) => ({ ...one, severity: DATA.severities[one.severity] }));
    TRACES = new Map($("traces").textContent.split("\n").filter(Boolean).map((line) => { const cut = line.indexOf(":"); return [Number(line.slice(0, cut)), line.slice(cut + 1)]; }));
    startFindings();
    startStreams();
    startContents();
    history.scrollRestoration = "manual";
    document.addEventListener("click", (event) => {
      const link = event.target.closest && event.target.closest("a[href^='#']");
      if (!link) return;
      const to = link.getAttribute("href");
      if (to === "#main") { event.preventDefault(); $("main").focus(); return; }
      clicked = !to.startsWith("#/");
      if (!clicked && $("stream").hidden) left = { y: scrollY, place: (link.closest("section") ? "#" + link.closest("section").id + " " : "") + "a[href='" + to + "']" };
      if (clicked && to === location.hash) showOverview();
    });
    addEventListener("hashchange", route);
    if (location.hash.startsWith("#/")) route();
    root.dataset.ready = "yes";
  }
  addEventListener("DOMContentLoaded", start);
})();
