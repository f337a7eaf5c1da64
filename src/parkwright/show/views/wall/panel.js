// What a click tells: a building, a line, a machine, a plant, a robot; and the units that passed it last.
const PASSPORT = "passport/";

export class Panel {
  // tools: {word(key, values), name(text), number(value, digits), time(iso), thing(id), base}
  constructor(root, tools) { Object.assign(this, { root, tools, hit: null, units: [] }); }

  async open(hit, picture) {
    this.hit = hit;
    this.units = [];
    this.root.hidden = !hit;
    clearInterval(this.again);
    if (!hit) return;
    this.draw(picture);
    this.root.focus({ preventScroll: true });
    const ask = () => this.#ask(hit);
    if (["line", "machine"].includes(hit.thing.kind)) { ask(); this.again = setInterval(ask, 4000); }
  }

  async #ask(hit) {
    try {
      const answer = await fetch(`${this.tools.base}things/${encodeURIComponent(hit.id)}`);
      if (!answer.ok || this.hit !== hit) return;
      this.units = (await answer.json()).units;
      this.draw(this.picture);
    } catch { /* the notice of the feed tells that the connection is lost */ }
  }

  draw(picture) {
    const { hit, tools, root } = this;
    if (!hit) return;
    this.picture = picture;
    const { word, name, number, time } = tools, thing = hit.thing, had = document.activeElement?.dataset?.unit;
    const title = thing.name ? name(thing.name) : hit.id;
    const within = thing.within && tools.thing(thing.within);
    const facts = [];
    const line = picture.lines?.[hit.id], state = picture.machines?.[hit.id], kw = picture.kw?.[hit.id];
    if (line) facts.push([word("good_units"), number(line.units)]);
    if (kw !== undefined) facts.push([word("power_kw"), `${number(kw, 1)} kW`]);
    if (picture.rooms?.[hit.id] !== undefined) facts.push([word("room"), `${number(picture.rooms[hit.id], 1)} °C`]);
    if (picture.stores?.[hit.id] !== undefined) facts.push([word("stored"), `${number(picture.stores[hit.id] * 100, 0)} %`]);
    for (const [key, value, unit] of thing.facts || []) facts.push([word(`fact.${key}`), `${number(value)}${unit ? ` ${unit.replace("m2", "m²")}` : ""}`]);
    root.replaceChildren();
    const add = (tag, text, parent = root, cls = "") => { const e = document.createElement(tag); if (text) e.textContent = text; if (cls) e.className = cls; parent.appendChild(e); return e; };
    add("h3", title);
    const sub = add("p", [word(`kind.${thing.kind}`), hit.id !== title ? hit.id : "", within ? `${word("belongs")} ${name(within.name)}` : ""].filter(Boolean).join(" · "), root, "sub");
    const now = line ? line.state : state !== undefined ? tools.states[state] : null;
    if (now) sub.prepend(tools.chip(now), " ");
    const list = add("dl");
    for (const [key, value] of facts) { const pair = add("div", "", list); add("dt", key, pair); add("dd", value, pair); }
    if (this.units.length) {
      const box = add("div", "", root, "units");
      add("h4", word("passed_last"), box);
      for (const unit of this.units.slice(0, 4)) {
        const link = add("a", "", box);
        link.href = PASSPORT + encodeURIComponent(unit.unit_id);
        link.title = word("open_passport");
        link.dataset.unit = unit.unit_id;
        add("span", unit.unit_id, link);
        add("span", `${time(unit.at)} ${unit.result === "ok" ? "✓" : "✗"}`, link);
        if (had === unit.unit_id) link.focus();
      }
    }
    const x = add("button", "×", root, "x");
    x.setAttribute("aria-label", word("close"));
    x.addEventListener("click", () => tools.close());
  }
}
