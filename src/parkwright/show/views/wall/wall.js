// The wall: figures, lines, energy and passports around the 3-D park; all from one socket.
import { ParkScene, Feed, STATES, STATE_COLOR, SOURCE_COLOR } from "parkwright-park";
import { drawDay } from "./chart.js";
import { Panel } from "./panel.js";

const $ = (id) => document.getElementById(id);
const WORDS = JSON.parse($("words").textContent);
const BASE = new URL("wall/", document.baseURI).pathname;
const query = new URLSearchParams(location.search);
const FIGURES = ["units_out", "on_time", "power_now", "co2e_per_unit", "first_pass", "robots"];
const ICON = {
  units_out: "M3 5l5-3 5 3v6l-5 3-5-3zM3 5l5 3 5-3M8 8v6", on_time: "M8 2a6 6 0 100 12A6 6 0 008 2zM8 5v3.4l2.4 1.4", power_now: "M9 1L3 9h4l-1 6 6-8H8z",
  co2e_per_unit: "M13 3C6 3 3 6 3 10c0 1 .3 2 .8 3M3 14c1-5 4-7 7-8M13 3c0 6-3 9-6 9-1.4 0-2.6-.4-3.2-1", first_pass: "M2 8.5l4 4 8-9", robots: "M3 6h10v6H3zM5 12v2M11 12v2M8 6V3M6 3h4M6 9h.1M10 9h.1",
};
const SHAPE = { run: "M5 3l7 5-7 5z", idle: "M4 4h3v8H4zM9 4h3v8H9z", off: "M4 4h8v8H4z", setup: "M8 2l6 6-6 6-6-6z", blocked: "M8 2l6.5 12h-13z", starved: "M2 3h12L8 14z", down: "M3 5l2-2 3 3 3-3 2 2-3 3 3 3-2 2-3-3-3 3-2-2 3-3z" };
const cookie = (key) => document.cookie.split("; ").find((one) => one.startsWith(`${key}=`))?.slice(key.length + 1);
const state = { lang: query.get("lang") || cookie("parkwright_language") || (navigator.language.startsWith("zh") ? "zh" : "en"), picture: {}, spec: null, link: null, lostAt: null };

const word = (key, values = {}) => {
  const text = (WORDS[key] || [key, key])[state.lang === "zh" ? 1 : 0];
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "–");
};
const name = (text) => text[state.lang] || text.en;
const number = (value, digits) => {
  if (value === null || value === undefined) return "–";
  const shown = digits ?? (Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2);
  const [whole, part] = Math.abs(value).toFixed(shown).split(".");
  const grouped = (value < 0 ? "−" : "") + whole.replace(/\B(?=(\d{3})+$)/g, "\u2009");
  return part ? `${grouped}.${part}` : grouped;
};
const zone = () => state.spec?.park.timezone || "UTC";
const time = (iso, seconds = false) => (iso ? new Intl.DateTimeFormat("en-GB", { timeZone: zone(), hour: "2-digit", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}) }).format(new Date(iso)) : "–");
const svg = (path, fill) => `<svg viewBox="0 0 16 16" aria-hidden="true" ${fill ? `fill="${fill}"` : 'fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"'}><path d="${path}"/></svg>`;
const make = (tag, cls, text) => { const e = document.createElement(tag); if (cls) e.className = cls; if (text !== undefined) e.textContent = text; return e; };
const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };
const chip = (key) => { const e = make("span", "chip"); e.innerHTML = svg(SHAPE[key], STATE_COLOR[key]); e.append(word(`state.${key}`)); return e; };

let view = null, feed = null;
const panel = new Panel($("panel"), { word, name, number, time, chip, states: STATES, base: BASE, thing: (id) => state.spec?.things[id], close: () => view?.select(null) });

// --- drawing ----------------------------------------------------------------------------------------------------------
function skeleton() {
  document.documentElement.lang = state.lang === "zh" ? "zh-CN" : "en";
  const titles = state.spec?.park.name || { en: $("title").textContent, zh: $("subtitle").textContent };
  put($("title"), titles[state.lang]); put($("subtitle"), titles[state.lang === "zh" ? "en" : "zh"]);
  $("figures").replaceChildren(...FIGURES.map((key) => {
    const card = make("div", "figure");
    card.id = `f-${key}`;
    card.innerHTML = `<h3>${svg(ICON[key])}<span></span></h3><div class="value"><span>–</span><small></small></div><div class="against"></div>`;
    card.querySelector("h3 span").textContent = word(key);
    return card;
  }));
  put($("lines").querySelector("h2"), word("lines")); put($("energy").querySelector("h2"), word("energy")); put($("passports").querySelector("h2"), word("passports"));
  $("lines").querySelector(".legend").replaceChildren(...["run", "setup", "idle", "starved", "blocked", "down", "off"].map(chip));
  put($("lang"), word("lang")); $("lang").lang = state.lang === "zh" ? "en" : "zh"; $("full").title = word("full"); $("full").setAttribute("aria-label", word("full"));
  put($("live").lastElementChild, word("live"));
  put($("home"), word("home"));
  buttons();
  $("lines").querySelector(".rows").replaceChildren();
  state.stale = null;
}

function buttons() {
  put($("play"), word(view?.tour?.playing ? "tour.pause" : "tour.play"));
  $("play").setAttribute("aria-pressed", String(!!view?.tour?.playing));
  put($("roofs"), word(view?.roofs.goal === 0 ? "roofs.open" : "roofs.close"));
}

function drawFigures(figures) {
  for (const key of FIGURES) {
    const card = $(`f-${key}`), figure = figures?.[key];
    if (!figure) continue;
    const [value, unit] = card.querySelector(".value").children, against = card.querySelector(".against");
    let shown = figure.value, name = figure.unit;
    if (key === "power_now" && shown !== null && Math.abs(shown) >= 1000) { shown /= 1000; name = "MW"; }
    put(value, key === "on_time" || key === "first_pass" ? number(shown, 1) : key === "power_now" || key === "co2e_per_unit" ? number(shown, 2) : number(shown, 0));
    put(unit, key === "robots" ? word("unit.robots", { n: state.spec?.robots.ids.length ?? "–" }) : key === "units_out" ? word("unit.units") : key === "co2e_per_unit" ? "kg CO₂e" : name);
    if (key === "power_now" || key === "robots") continue;
    drawAgainst(against, figure, key);
  }
}

function drawAgainst(element, figure, key) {
  if (figure.value === null) { element.replaceChildren(word(`yet.${key}`)); return; }
  if (figure.target === null) { element.replaceChildren(); return; }
  const off = (figure.value - figure.target) / Math.abs(figure.target), better = figure.good_is === "high" ? off >= -0.02 : off <= 0.02;
  const mark = make("b", better ? "good" : "warn", `${better ? "●" : "▲"} ${off >= 0 ? "+" : "−"}${Math.abs(off * 100).toFixed(1)} %`);
  const digits = key === "units_out" ? 0 : key === "co2e_per_unit" ? 2 : 1;
  element.replaceChildren(mark, make("span", "", word("target", { v: number(figure.target, digits) })));
}

function sources(power) {
  const battery = power.battery_kw ?? 0, grid = power.grid_kw ?? 0;
  return { in: [["solar", power.solar_kw ?? 0], ["battery", Math.max(0, battery)], ["grid", Math.max(0, grid)]], out: [["charging", Math.max(0, -battery), "battery"], ["export", Math.max(0, -grid), "export"]] };
}

function drawEnergy(power) {
  if (!power) return;
  const parts = sources(power), total = parts.in.reduce((sum, [, kw]) => sum + kw, 0) || 1;
  for (const bar of [$("energy").querySelector(".mix"), bars()]) {
    while (bar.children.length < 3) bar.append(make("i"));
    parts.in.forEach(([key, kw], n) => { bar.children[n].style.cssText = `background:${SOURCE_COLOR[key]};flex-grow:${(kw / total).toFixed(4)}`; bar.children[n].title = word(key); });
  }
  const list = $("energy").querySelector(".sources");
  const row = (key, kw, color, share, cls = "") => {
    const label = make("span", cls), value = make("b", cls, number(kw, 0)), dot = make("i");
    dot.style.background = color;
    if (color) label.append(dot);
    label.append(word(key));
    value.append(make("small", "", ` kW${share === undefined ? "" : `  ${number(share * 100, 0)} %`}`));
    return [label, value];
  };
  const rows = parts.in.flatMap(([key, kw]) => row(key, power[`${key}_kw`] === null ? null : kw, SOURCE_COLOR[key], kw / total));
  for (const [key, kw, color] of parts.out) if (kw > 0.5) rows.push(...row(key, -kw, SOURCE_COLOR[color]));
  list.replaceChildren(...rows, ...row("use", power.use_kw, "", undefined, "total"));
}

const bars = () => { const box = $("f-power_now").querySelector(".against"); if (!box.firstElementChild) box.append(make("div", "mix")); return box.firstElementChild; };

function drawStores(stores) {
  const box = $("energy").querySelector(".stores");
  box.replaceChildren(...Object.entries(stores || {}).map(([id, share]) => {
    const row = make("div", "store"), bar = make("div", "bar"), fill = make("i"), battery = state.spec?.things[id]?.facts.some((fact) => fact[0] === "power");
    fill.style.cssText = `width:${share * 100}%;background:${battery ? SOURCE_COLOR.battery : "#f0785a"}`;
    bar.append(fill);
    row.append(make("span", "", state.spec ? name(state.spec.things[id].name) : id), bar, make("b", "", `${number(share * 100, 0)} %`));
    return row;
  }));
}

function drawLines(lines, machines) {
  if (!state.spec || !lines) return;
  const box = $("lines").querySelector(".rows");
  for (const line of state.spec.lines) {
    const now = lines[line.id];
    if (!now) continue;
    let row = box.querySelector(`[data-id="${CSS.escape(line.id)}"]`);
    if (!row) {
      row = make("button", "line");
      row.type = "button";
      row.dataset.id = line.id;
      row.append(make("span", "name", name(state.spec.things[line.id].name)), make("span", "count"), make("span", "chip"), make("span", "kw"), make("span", "tiles"));
      row.lastChild.append(...line.units.map((id) => { const tile = make("i"); tile.dataset.id = id; return tile; }));
      row.addEventListener("click", () => { view?.tour.touched(); view?.select({ id: line.id, kind: "line", index: -1 }, true); });
      box.append(row);
    }
    const [, count, label, kw, tiles] = row.children;
    count.replaceChildren(number(now.units, 0), make("small", "", word("unit.units")));
    if (label.dataset.state !== now.state) { label.dataset.state = now.state; label.replaceChildren(...chip(now.state).childNodes); }
    put(kw, now.kw === null ? "" : `${number(now.kw, 0)} kW`);
    for (const tile of tiles.children) {
      const key = STATES[machines?.[tile.dataset.id] ?? 0];
      tile.style.background = STATE_COLOR[key];
      tile.title = `${tile.dataset.id}: ${word(`state.${key}`)}`;
    }
    view?.setLine?.(line.id, now.running, now.state, number(now.units, 0));
  }
}

function drawPassports(rows) {
  const box = $("passports").querySelector(".rows");
  if (!rows?.length) { box.replaceChildren(make("p", "empty", word("no_passports"))); return; }
  box.replaceChildren(...rows.map(([id, product, at, energy, , status]) => {
    const row = make("a", "pass");
    row.href = `passport/${encodeURIComponent(id)}`;
    const kg = make("span", "kg", number(energy, 2));
    kg.append(make("small", "", ` kg CO₂e`));
    row.append(make("span", "id", id), kg, make("span", "what", name(product)), make("span", "at", status === "final" ? time(at) : `${word("so_far")} · ${time(at)}`));
    return row;
  }));
}

function drawClock(clock, sky) {
  if (!clock) return;
  put($("time"), time(clock.at));
  const date = new Intl.DateTimeFormat(state.lang === "zh" ? "zh-CN" : "en-GB", { timeZone: zone(), weekday: "short", year: "numeric", month: "short", day: "numeric" }).format(new Date(clock.at));
  put($("date"), date + (clock.speed !== 1 ? ` · ${word("speed", { n: number(clock.speed) })}` : ""));
  const warm = sky?.temperature_c;
  put($("weather"), `${sky?.elevation > 0 ? "☀" : "☾"} ${warm === null || warm === undefined ? "" : `${number(warm, 1)} °C`}`);
}

function drawNotice() {
  const clock = state.picture.clock, lost = state.link === false, stale = !!clock && clock.stale && !!clock.as_of, waiting = !lost && (!clock || !clock.as_of);
  document.body.classList.toggle("lost", lost);
  document.body.classList.toggle("stale", stale);
  const text = lost ? word("lost", { t: new Date(state.lostAt).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" }) }) : stale ? word("stale", { t: time(clock.as_of) }) : waiting ? word("waiting") : "";
  $("notice").hidden = !text;
  $("notice").classList.toggle("calm", waiting);
  put($("notice"), text);
}

function drawCaption() {
  const stop = view?.tour?.stop;
  if (!stop) return;
  const { figures, power, lines } = state.picture, thing = state.spec.things[stop.focus];
  put($("caption"), word(`caption.${stop.caption}`, {
    solar: number(power?.solar_kw, 0), robots: number(figures?.robots?.value, 0), fleet: number(state.spec.robots.ids.length), kg: number(figures?.co2e_per_unit?.value, 2),
    name: thing ? name(thing.name) : "", line_units: number(lines?.[stop.focus]?.units, 0),
  }));
  [...$("stops").children].forEach((dot, n) => dot.setAttribute("aria-current", String(n === view.tour.index)));
}

function onPicture(picture, changed, whole) {
  state.picture = picture;
  const has = (section) => whole || section in changed;
  if (has("clock") || has("sky")) { drawClock(picture.clock, picture.sky); }
  if (picture.sky && has("sky") && view?.renderer) view.setSun(picture.sky.elevation, picture.sky.azimuth, picture.sky.lit);
  if (picture.machines && has("machines") && view?.renderer) view.setStates(whole ? picture.machines : changed.machines);
  if (has("lines") || has("machines")) drawLines(picture.lines, picture.machines);
  if (has("figures")) drawFigures(picture.figures);
  if (has("power")) drawEnergy(picture.power);
  if (has("stores")) drawStores(picture.stores);
  if (has("passports")) drawPassports(picture.passports?.latest);
  if (has("day") || has("clock")) drawChart();
  const { days_closed: done, days_wanted: wanted } = picture.progress || {};
  put($("history"), done < wanted ? word("history", { a: done, b: wanted }) : "");
  drawNotice(); drawCaption();
  if (panel.hit) panel.draw(picture);
}

function drawChart() {
  const day = state.picture.day;
  if (!day?.start) return;
  const minute = Math.floor(Date.parse(state.picture.clock.at) / 300000), key = `${minute}|${day.load_kw.filter((v) => v !== null).length}|${state.lang}|${$("chart").clientWidth}`;
  if (state.chart === key) return;
  state.chart = key;
  drawDay($("chart"), day, Date.parse(state.picture.clock.at), { load: word("load"), solar: word("solar"), sharp: word("band.sharp"), peak: word("band.peak"), flat: word("band.flat"), valley: word("band.valley") });
  $("chart").setAttribute("aria-label", `${word("load")}, ${word("solar")}, ${word("price")}`);
}

// --- wiring -----------------------------------------------------------------------------------------------------------
function setLang(lang) {
  state.lang = lang;
  document.cookie = `parkwright_language=${lang}; path=/; max-age=31536000; samesite=lax`;
  skeleton();
  view?.renderer && view.setLang(lang);
  onPicture(state.picture, {}, true);
}

async function start() {
  skeleton();
  drawNotice();
  feed = new Feed(`${BASE}feed`, {
    picture: onPicture,
    frame: (buffer) => view?.renderer && view.robotFrame(buffer),
    link: (up) => { if (!up && state.link !== false) state.lostAt = Date.now(); state.link = up; drawNotice(); },
  });
  $("lang").addEventListener("click", () => setLang(state.lang === "zh" ? "en" : "zh"));
  $("full").addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()));
  addEventListener("keydown", (e) => { if (e.key === "Escape") view?.select(null); });
  addEventListener("resize", () => { state.chart = null; drawChart(); });
  state.spec = await scene();
  skeleton();
  try {
    view = new ParkScene($("stage"), { lang: state.lang, near: innerWidth > 1100 ? 1 : 0.78, onPick: (hit) => panel.open(hit, state.picture), onStop: () => { drawCaption(); buttons(); }, onPlay: buttons });
    view.build(state.spec);
  } catch (error) {
    view = null;
    $("stage").append(make("p", "empty", word("no_webgl")));
    console.warn(error.message);
  }
  window.parkwright = { view, feed, state };
  if (view) wire();
  onPicture(state.picture, {}, true);
}

// The scene does not change while the park runs; a wall that starts before its server waits for it.
async function scene() {
  for (let n = 1; ; n++) {
    try { const answer = await fetch(`${BASE}scene`); if (answer.ok) return await answer.json(); } catch { /* asked again */ }
    await new Promise((done) => setTimeout(done, 1000 * Math.min(10, n)));
  }
}

function wire() {
  $("play").addEventListener("click", () => { view.tour.again = false; view.tour.play(!view.tour.playing); });
  $("roofs").addEventListener("click", () => { view.tour.touched(); view.setRoofs(view.roofs.goal === 0); buttons(); });
  $("stops").replaceChildren(...state.spec.tour.map((stop, n) => {
    const dot = make("button");
    dot.type = "button";
    dot.setAttribute("aria-label", `${word("tour.next")} ${n + 1}`);
    dot.addEventListener("click", () => { view.tour.touched(); view.tour.go(n); });
    return dot;
  }));
  if (query.get("tour") !== "0") view.tour.play(true);
  if (query.get("stop")) view.tour.jump(Number(query.get("stop")));
}

start();
