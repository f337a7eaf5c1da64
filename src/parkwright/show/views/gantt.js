// The Gantt on a canvas: thousands of jobs, drawn one by one where there is room and as density where there is not.
const AXIS = 26, STRIP = 20, GAP = 6, GUTTER = 118, DAY = 86400, MIN_SPAN = 240, NARROW = 4;
const STEPS = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600];
const BANDS = { sharp: ["--stop", 0.62], peak: ["--warn", 0.48], flat: ["--muted", 0.16], valley: ["--cooling", 0.34] };

export default {
  template: `
    <div class="pw-gantt" style="position:relative;width:100%">
      <div style="display:flex;gap:8px;align-items:center;flex-wrap:wrap;padding:0 0 6px;font-size:13px">
        <button v-for="b in buttons" :key="b[0]" type="button" @click="b[1]()" class="pw-gantt-button">{{ labels[b[0]] }}</button>
        <span style="flex:1"></span>
        <span v-for="k in ['planned','running','done','late','out', ...(editable ? ['draft','pinned'] : [])]" :key="k" style="display:inline-flex;gap:5px;align-items:center;color:var(--muted,#566370)"><i :class="'pw-key pw-key-' + k"></i>{{ labels[k] }}</span>
      </div>
      <div ref="box" :style="{position:'relative',height:height+'px'}">
        <canvas ref="canvas" tabindex="0" role="application" :aria-label="labels.title + '. ' + labels.keys + (editable ? ' ' + labels.drop_keys : '')" style="position:absolute;inset:0;width:100%;height:100%;touch-action:pan-y;cursor:grab"></canvas>
        <div ref="tip" class="pw-gantt-tip" hidden></div>
      </div>
      <p class="sr-only" aria-live="polite" style="position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)">{{ said }}</p>
      <p v-if="message" style="position:absolute;left:0;right:0;top:45%;text-align:center;color:var(--muted,#566370)">{{ message }}</p>
    </div>`,
  props: { planUrl: String, plan: Object, language: String, timezone: String, labels: Object, editable: Boolean },
  emits: ["pick", "drop"],
  data() { return { height: 300, said: "", message: "" }; },
  computed: {
    buttons() { return [["fit", this.fit], ["near", this.near], ["zoom_in", () => this.zoom(0.5)], ["zoom_out", () => this.zoom(2)], ["next_late", this.nextLate]]; },
  },
  created() { this.built = new Promise((done) => { this.markBuilt = done; }); this.stats = { draws: 0, drawMs: 0, jobs: 0, bars: 0 }; this.pins = new Set(); this.changes = new Map(); },
  mounted() {
    addStyle();
    this.view = [0, DAY];
    this.chosen = -1;
    this.format = new Intl.DateTimeFormat("en-GB", { timeZone: this.timezone || "UTC", hour: "2-digit", minute: "2-digit" });
    this.ro = new ResizeObserver(() => this.ask());
    this.ro.observe(this.$refs.box);
    this.mo = new MutationObserver(() => { this.ink = null; this.ask(); });
    for (const e of [document.documentElement, document.body]) this.mo.observe(e, { attributes: true, attributeFilter: ["class", "data-theme", "style"] });
    this.listen();
    this.$el.pwGantt = this;
    this.markBuilt();
    if (this.plan) this.take(this.plan); else if (this.planUrl) this.refresh();
  },
  beforeUnmount() { this.closed = true; cancelAnimationFrame(this.raf); clearTimeout(this.retry); this.ro?.disconnect(); this.mo?.disconnect(); },
  methods: {
    async show(plan) { await this.built; if (!this.closed) this.take(plan); },
    async setNow(iso) { await this.built; this.now = this.seconds(iso); this.ask(); },
    async refresh() {
      await this.built;
      try {
        const answer = await fetch((window.path_prefix || "") + this.planUrl);
        if (!answer.ok) throw new Error(String(answer.status));
        const plan = await answer.json();
        if (!this.closed) this.take(plan);
      } catch {
        if (this.closed) return;
        this.message = this.labels.failed;
        this.retry = setTimeout(() => this.refresh(), 5000);
      }
    },
    async draft(draft) { // what a change would do: the bars of changed jobs as columns and the outages, null for none
      await this.built;
      const bars = draft?.bars;
      this.outDraft = draft?.outages || [];
      this.changes = new Map((bars?.job_id || []).map((id, n) => [id, { line: bars.line[n], setup: bars.setup_s[n], start: bars.start_s[n], end: bars.end_s[n] }]));
      this.sort(); this.ask();
    },
    async pin(jobs) { await this.built; this.pins = new Set(jobs); this.ask(); },
    sort() { // the draft's bars by line, so that a frame looks only at those in view
      this.ghosts = (this.lines || []).map(() => []);
      for (const change of this.changes.values()) this.ghosts[change.line]?.push(change);
      for (const lane of this.ghosts) lane.sort((a, b) => a.start - b.start);
    },
    seconds(iso) { return (Date.parse(iso) - this.midnight) / 1000; },
    take(plan) {
      const first = !this.bars;
      this.midnight = Date.parse(plan.midnight);
      this.now = this.seconds(plan.at);
      this.lines = plan.lines;
      this.products = plan.products;
      const bars = (this.bars = plan.bars), count = bars.job_id.length;
      this.lanes = plan.lines.map(() => []);
      for (let k = 0; k < count; k++) this.lanes[bars.line[k]]?.push(k);
      for (const lane of this.lanes) lane.sort((a, b) => bars.start_s[a] - bars.start_s[b]);
      this.late = [];
      for (let k = 0; k < count; k++) if (this.isLate(k)) this.late.push(k);
      this.late.sort((a, b) => bars.start_s[a] - bars.start_s[b]);
      this.strip = plan.strip;
      this.out = plan.outages || [];
      this.sort();
      this.range = [0, DAY];
      for (let k = 0; k < count; k++) { if (bars.setup_s[k] < this.range[0]) this.range[0] = bars.setup_s[k]; if (bars.end_s[k] > this.range[1]) this.range[1] = bars.end_s[k]; }
      this.stats.jobs = count;
      this.message = count ? "" : this.labels.none;
      this.height = AXIS + Math.max(1, plan.lines.length) * 52 + 2 * (STRIP + GAP) + 8;
      if (first) this.view = [...this.range];
      this.ask();
    },
    isLate(k) { const b = this.bars, done = b.done_s[k]; return done != null ? done > b.due_s[k] : b.late_s[k] > 0 || Math.max(this.now, b.end_s[k]) > b.due_s[k]; },
    lateBy(k) { const b = this.bars, done = b.done_s[k]; return done != null ? Math.max(done - b.due_s[k], 0) : Math.max(b.late_s[k], b.end_s[k] - b.due_s[k], 0); },
    at(seconds) { return this.format.format(new Date(this.midnight + seconds * 1000)); },

    // --- movement -------------------------------------------------------------------------------------------------
    fit() { this.glide([...this.range]); },
    near() { const half = 3600; this.glide([this.now - half, this.now + 2 * half]); },
    zoom(factor, around) {
      const [a, b] = this.goal || this.view, c = around ?? (this.now > a && this.now < b ? this.now : (a + b) / 2);
      const span = Math.min(this.range[1] - this.range[0], Math.max(MIN_SPAN, (b - a) * factor)), share = (c - a) / (b - a);
      this.glide([c - span * share, c + span * (1 - share)], around !== undefined);
    },
    pan(seconds, now = true) { const [a, b] = this.goal || this.view; this.glide([a + seconds, b + seconds], now); },
    glide([a, b], now = false) {
      const [low, high] = this.range, span = b - a;
      if (a < low) [a, b] = [low, low + span];
      if (b > high) [a, b] = [Math.max(low, high - span), high];
      if (now || matchMedia("(prefers-reduced-motion: reduce)").matches) { this.view = [a, b]; this.goal = null; } else this.goal = [a, b];
      this.ask();
    },
    nextLate() { // one after the other, those of one run too, which begin together
      if (!this.late?.length) return;
      const n = this.late.indexOf(this.chosen), from = this.chosen >= 0 ? this.bars.start_s[this.chosen] : -Infinity;
      this.choose(n >= 0 ? this.late[(n + 1) % this.late.length] : this.late.find((k) => this.bars.start_s[k] >= from) ?? this.late[0]);
    },
    choose(k) {
      if (k === undefined || k < 0) return;
      this.chosen = k;
      const b = this.bars, [v0, v1] = this.goal || this.view, wide = Math.max(b.end_s[k] - b.setup_s[k], 60) * 8;
      if (b.setup_s[k] < v0 || b.end_s[k] > v1 || v1 - v0 > 6 * 3600) {
        const span = Math.min(Math.max(wide, 1800), Math.max(v1 - v0, 1800), 3 * 3600), c = (b.setup_s[k] + b.end_s[k]) / 2;
        this.glide([c - span / 2, c + span / 2]);
      }
      this.said = this.words(k).join(", ");
      this.ask();
    },
    words(k) {
      const b = this.bars, l = this.labels, late = this.lateBy(k);
      return [`${l.job} ${b.job_id[k]}`, `${l.order} ${b.order_id[k]}`, `${b.quantity[k]} × ${this.products[b.product[k]]}`,
        ...(b.parts[k] > 1 ? [l.part.replace("{part}", b.part[k]).replace("{parts}", b.parts[k])] : []),
        ...(b.together[k] > 1 ? [this.shared(k)] : []), `${this.at(b.setup_s[k])}–${this.at(b.end_s[k])}`,
        b.done_s[k] !== null ? `${l.done} ${this.at(b.done_s[k])}` : b.begun_s[k] !== null ? l.running : l.planned, `${l.due} ${this.at(b.due_s[k])}`,
        ...(this.isLate(k) && late > 0 ? [l.late_by.replace("{m}", Math.ceil(late / 60))] : [])];
    },

    run(k) { const first = k - (this.bars.place[k] - 1); return Array.from({ length: this.bars.together[k] }, (_, n) => first + n); }, // the jobs of its run
    shared(k) {
      const run = this.run(k), b = this.bars, others = run.filter((o) => o !== k).map((o) => b.job_id[o]), more = others.length - 4;
      return this.labels.together.replace("{n}", run.reduce((sum, o) => sum + b.quantity[o], 0)).replace("{jobs}", others.slice(0, 4).join(", ") + (more > 0 ? ` +${more}` : ""));
    },

    listen() {
      const canvas = this.$refs.canvas;
      canvas.addEventListener("wheel", (e) => {
        if (!this.bars) return;
        if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) { e.preventDefault(); this.pan((e.deltaX || e.deltaY) * this.perPixel()); return; }
        if (!e.ctrlKey && document.activeElement !== canvas) return; // the page scrolls until the Gantt has the focus
        e.preventDefault();
        this.zoom(Math.pow(1.0016, e.deltaY), this.time(e.offsetX));
      }, { passive: false });
      let drag = null;
      canvas.addEventListener("pointerdown", (e) => { drag = { x: e.offsetX, moved: 0, k: this.bars ? this.movable(this.hit(e.offsetX, e.offsetY)) : -1 }; drag.grip = drag.k >= 0 ? this.time(e.offsetX) - this.bars.start_s[drag.k] : 0; canvas.setPointerCapture(e.pointerId); canvas.style.cursor = "grabbing"; });
      canvas.addEventListener("pointermove", (e) => {
        if (!this.bars) return;
        if (drag) { const dx = e.offsetX - drag.x; drag.moved += Math.abs(dx) + Math.abs(e.movementY || 0); drag.x = e.offsetX; if (drag.moved > 3) { if (drag.k >= 0) this.carry(drag.k, this.lineAt(e.offsetY), this.time(e.offsetX) - drag.grip); else this.pan(-dx * this.perPixel()); } }
        if (drag?.moved > 3) this.tip(-1); else this.tip(this.hit(e.offsetX, e.offsetY), e.offsetX, e.offsetY);
      });
      canvas.addEventListener("pointerup", (e) => {
        canvas.style.cursor = "grab";
        if (drag && this.held) this.putDown();
        else if (drag && drag.moved <= 3 && this.bars) { const k = this.hit(e.offsetX, e.offsetY); this.chosen = k; if (k >= 0) this.pick(k); this.ask(); }
        drag = null;
      });
      canvas.addEventListener("pointerleave", () => this.tip(-1));
      canvas.addEventListener("pointercancel", () => { drag = null; this.letGo(); });
      canvas.addEventListener("dblclick", (e) => this.bars && this.zoom(0.4, this.time(e.offsetX)));
      canvas.addEventListener("keydown", (e) => this.key(e));
    },
    // --- a job in hand ----------------------------------------------------------------------------------------------
    movable(k) { return this.editable && k >= 0 && this.bars.begun_s[k] === null && this.bars.done_s[k] === null && this.bars.setup_s[k] > this.now ? k : -1; },
    lineAt(y) { const [top, h] = this.lane(0); return Math.min(this.lanes.length - 1, Math.max(0, Math.floor((y - top) / h))); },
    carry(k, line, start) {
      const at = Math.max(this.now, Math.round(start / 60) * 60);
      this.held = { k, line, start: at };
      this.chosen = k;
      const name = this.language === "zh" ? this.lines[line].name_zh : this.lines[line].name_en;
      this.said = this.labels.moving.replace("{job}", this.bars.job_id[k]).replace("{at}", this.at(at)).replace("{line}", name);
      this.ask();
    },
    letGo() { this.held = null; this.ask(); },
    putDown() {
      const { k, line, start } = this.held;
      this.held = null;
      this.$emit("drop", { job_id: this.bars.job_id[k], line_id: this.lines[line].line_id, start: new Date(this.midnight + start * 1000).toISOString() });
      this.ask();
    },
    keyHeld(e) {
      const h = this.held, step = e.shiftKey ? 3600 : 300;
      const deed = { ArrowLeft: () => this.carry(h.k, h.line, h.start - step), ArrowRight: () => this.carry(h.k, h.line, h.start + step),
        ArrowUp: () => this.carry(h.k, Math.max(0, h.line - 1), h.start), ArrowDown: () => this.carry(h.k, Math.min(this.lanes.length - 1, h.line + 1), h.start),
        Enter: this.putDown, Escape: this.letGo }[e.key];
      if (deed) { e.preventDefault(); deed(); }
    },
    key(e) {
      if (!this.bars || e.ctrlKey || e.metaKey || e.altKey) return;
      if (this.held) { this.keyHeld(e); return; }
      if ((e.key === "m" || e.key === "M") && this.movable(this.chosen) >= 0) { e.preventDefault(); this.carry(this.chosen, this.bars.line[this.chosen], this.bars.start_s[this.chosen]); return; }
      const deed = { "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2), Home: this.fit, n: this.near, N: this.near, l: this.nextLate, L: this.nextLate,
        PageUp: () => this.pan(-(this.view[1] - this.view[0]) * 0.8, false), PageDown: () => this.pan((this.view[1] - this.view[0]) * 0.8, false),
        ArrowLeft: () => this.step(0, -1), ArrowRight: () => this.step(0, 1), ArrowUp: () => this.step(-1, 0), ArrowDown: () => this.step(1, 0),
        Enter: () => this.chosen >= 0 && this.pick(this.chosen), Escape: () => { this.chosen = -1; this.ask(); } }[e.key];
      if (deed) { e.preventDefault(); deed(); }
    },
    step(lanes, jobs) {
      const b = this.bars, row = this.chosen >= 0 ? b.line[this.chosen] : 0, at = this.chosen >= 0 ? b.start_s[this.chosen] : this.now;
      const lane = this.lanes[Math.min(this.lanes.length - 1, Math.max(0, row + lanes))];
      if (!lane?.length) return;
      let n = this.chosen >= 0 && !lanes ? lane.indexOf(this.chosen) + jobs : Math.max(0, lowest(lane, (k) => b.end_s[k] > at));
      this.choose(lane[Math.min(lane.length - 1, Math.max(0, n))]);
    },
    pick(k) { this.said = this.words(k).join(", "); this.$emit("pick", { job_id: this.bars.job_id[k], order_id: this.bars.order_id[k] }); },
    perPixel() { return (this.view[1] - this.view[0]) / Math.max(1, this.$refs.canvas.clientWidth - GUTTER); },
    time(x) { return this.view[0] + (x - GUTTER) * this.perPixel(); },
    lane(n) { const h = this.$refs.canvas.clientHeight - AXIS - 2 * (STRIP + GAP) - 4, each = h / Math.max(1, this.lanes.length); return [AXIS + n * each, each]; },
    hit(x, y) {
      if (x < GUTTER) return -1;
      const t = this.time(x), slack = 3 * this.perPixel(), b = this.bars;
      for (let n = 0; n < this.lanes.length; n++) {
        const [top, h] = this.lane(n);
        if (y < top || y > top + h) continue;
        const lane = this.lanes[n], last = lowest(lane, (k) => b.setup_s[k] > t + slack) - 1;
        let best = -1, near = slack;
        for (let i = last; i >= 0 && i > last - 6; i--) { // a job begins before the last unit of the one before is out: the later lies on top
          const k = lane[i], away = t < b.setup_s[k] ? b.setup_s[k] - t : t > b.end_s[k] ? t - b.end_s[k] : 0;
          if (away <= near && (best < 0 || away < near)) { best = k; near = away; if (!away) break; }
        }
        if (best < 0 || b.together[best] === 1) return best;
        const run = this.run(best), slice = Math.floor((y - top - 15) / ((h - 24) / run.length)); // the jobs of a run lie one above the other
        return run[Math.min(run.length - 1, Math.max(0, slice))];
      }
      return -1;
    },
    tip(k, x, y) {
      const tip = this.$refs.tip;
      if (this.over !== k) { this.over = k; this.ask(); }
      const out = x === undefined ? undefined : this.outages()[this.outAt(x, y)];
      tip.hidden = !out && (k === undefined || k < 0);
      if (tip.hidden) return;
      const [job, ...rest] = [...(out ? this.outWords(out) : []), ...(k >= 0 ? this.words(k) : [])];
      tip.replaceChildren(Object.assign(document.createElement("b"), { textContent: job }), ...rest.map((text) => Object.assign(document.createElement("div"), { textContent: text })));
      const w = this.$refs.canvas.clientWidth;
      tip.style.left = `${Math.min(x + 14, w - tip.offsetWidth - 4)}px`;
      tip.style.top = `${Math.max(0, y - tip.offsetHeight - 10)}px`;
    },

    // --- drawing --------------------------------------------------------------------------------------------------
    ask() { if (!this.raf && !this.closed) this.raf = requestAnimationFrame(() => { this.raf = 0; this.frame(); }); },
    frame() {
      if (!this.bars || this.closed) return;
      if (this.goal) {
        const d = this.goal.map((g, i) => g - this.view[i]);
        if (Math.max(...d.map(Math.abs)) < this.perPixel()) { this.view = this.goal; this.goal = null; } else { this.view = this.view.map((v, i) => v + d[i] * 0.28); this.ask(); }
      }
      const begun = performance.now();
      this.draw();
      this.stats.draws++;
      this.stats.drawMs = performance.now() - begun;
    },
    colours() {
      if (this.ink) return this.ink;
      const css = getComputedStyle(this.$el), get = (name, other) => css.getPropertyValue(name).trim() || other;
      this.ink = { ink: get("--ink", "#17202a"), muted: get("--muted", "#566370"), line: get("--line", "#d5dbe1"), surface: get("--surface", "#fff"), load: get("--load", "#33485c"),
        warn: get("--warn", "#a85200"), stop: get("--stop", "#b3261e"), carbon: get("--carbon", "#3d4348"), link: get("--link", "#1b5c88"), raised: get("--raised", "#f7f9fa"), font: css.fontFamily,
        bands: Object.fromEntries(Object.entries(BANDS).map(([band, [name, alpha]]) => [band, [get(name, "#888"), alpha]])) };
      return this.ink;
    },
    draw() {
      const canvas = this.$refs.canvas, w = canvas.clientWidth, h = canvas.clientHeight, ratio = Math.min(2, devicePixelRatio || 1);
      if (!w || !h) return;
      if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) { canvas.width = Math.round(w * ratio); canvas.height = Math.round(h * ratio); }
      const c = canvas.getContext("2d"), ink = this.colours();
      c.setTransform(ratio, 0, 0, ratio, 0, 0);
      c.clearRect(0, 0, w, h);
      c.font = `12px ${ink.font}`;
      c.textBaseline = "middle";
      const v0 = this.view[0], per = this.perPixel(), x = (t) => GUTTER + (t - v0) / per;
      this.drawAxis(c, ink, x, w, h);
      c.save();
      c.beginPath(); c.rect(GUTTER, 0, w - GUTTER, h); c.clip();
      this.stats.bars = 0;
      this.lanes.forEach((lane, n) => this.drawLane(c, ink, x, lane, n));
      this.drawDraft(c, ink, x);
      this.drawOut(c, ink, x);
      this.drawStrips(c, ink, x, w, h);
      c.restore();
      this.drawNames(c, ink, h);
      this.drawNow(c, ink, x, w, h);
    },
    drawAxis(c, ink, x, w, h) {
      const step = STEPS.find((s) => s / this.perPixel() > 62) || 21600;
      c.strokeStyle = ink.line; c.fillStyle = ink.muted; c.textAlign = "center"; c.lineWidth = 1;
      for (let t = Math.ceil(this.view[0] / step) * step; t <= this.view[1]; t += step) {
        const at = Math.round(x(t)) + 0.5;
        c.beginPath(); c.moveTo(at, AXIS - 5); c.lineTo(at, h - 2); c.stroke();
        if (at > GUTTER + 18 && at < w - 16) c.fillText(t === DAY ? "24:00" : this.at(t), at, AXIS / 2 - 1);
      }
    },
    drawLane(c, ink, x, lane, n) {
      const b = this.bars, [top, h] = this.lane(n), y = top + 15, bar = h - 24, [v0, v1] = this.view;
      c.fillStyle = ink.line;
      c.fillRect(GUTTER, Math.round(top), this.$refs.canvas.clientWidth, 1);
      const from = lowest(lane, (k) => b.end_s[k] >= v0);
      let density = null, column = -1, busy = 0;
      const flush = () => { if (column >= 0 && busy > 0) { c.globalAlpha = density ? 0.8 : 0.38; c.fillStyle = ink.load; const tall = Math.max(2, bar * Math.min(1, busy)); c.fillRect(column, y + bar - tall, 1, tall); c.globalAlpha = 1; } busy = 0; };
      const marks = [];
      for (let i = from; i < lane.length; i++) {
        const k = lane[i];
        if (b.setup_s[k] > v1) break;
        const a = x(b.start_s[k]), done = b.done_s[k] !== null, after = lane[i + 1 + b.together[k] - b.place[k]], next = after === undefined ? Infinity : x(b.setup_s[after]);
        const e = x(b.end_s[k]), free = Math.max(a, Math.min(e, next)), seen = free - x(b.setup_s[k]); // what the next job leaves of it to see
        if (this.isLate(k)) marks.push([(a + e) / 2, k]);
        if (seen < NARROW) { // too narrow for a bar: its share of the pixel column
          let p = Math.max(GUTTER, a);
          const end = Math.max(free, p + 0.05);
          while (p < end) { const col = Math.floor(p), next = Math.min(end, col + 1); if (col !== column) { flush(); column = col; density = done; } busy += (next - p) / b.together[k]; density = density && done; p = next === p ? next + 0.01 : next; }
          continue;
        }
        flush(); column = -1;
        const tall = bar / b.together[k];
        if (b.place[k] === 1) this.drawSetup(c, ink, x(b.setup_s[k]), a, y, bar);
        this.drawBar(c, ink, k, a, e, y + (b.place[k] - 1) * tall, tall, done, free - a);
        if (b.together[k] > 1 && b.place[k] === b.together[k]) this.nameRun(c, ink, k, a, e, y, bar);
      }
      flush();
      this.drawChosen(c, ink, x, n, y, bar);
      let last = -99;
      for (const [at, k] of marks) {
        if (at - last < 5 && k !== this.chosen) continue;
        last = at;
        c.fillStyle = ink.warn;
        c.beginPath(); c.moveTo(at, top + 3); c.lineTo(at + 5, top + 12); c.lineTo(at - 5, top + 12); c.closePath(); c.fill();
      }
    },
    outages() { // those of the draft in the place of those that they change; one taken back is none
      const draft = this.outDraft || [], same = (a) => (b) => a.line_id === b.line_id && Date.parse(a.start) === Date.parse(b.start);
      return [...(this.out || []).filter((o) => !draft.some(same(o))), ...draft].map((o) => ({ ...o, line: this.lines.findIndex((row) => row.line_id === o.line_id), from: this.seconds(o.start), to: this.seconds(o.end) })).filter((o) => o.line >= 0 && o.to > o.from);
    },
    outWords(o) {
      const l = this.labels, end = o.to >= DAY ? "24:00" : this.at(o.to), name = this.language === "zh" ? this.lines[o.line].name_zh : this.lines[o.line].name_en;
      return [o.reason, l.out_from.replace("{line}", name).replace("{start}", this.at(o.from)).replace("{end}", end), ...(o.who ? [l.out_who.replace("{who}", o.who)] : [l.draft])];
    },
    drawOut(c, ink, x) { // a line out of use: hatched, its reason written where it fits
      for (const o of this.outages()) {
        const [top, h] = this.lane(o.line), a = x(o.from), width = Math.max(3, x(o.to) - a), y = top + 2, tall = h - 4;
        c.save();
        c.beginPath(); c.rect(a, y, width, tall); c.clip();
        c.globalAlpha = 0.14; c.fillStyle = ink.stop; c.fillRect(a, y, width, tall); c.globalAlpha = 0.7;
        c.strokeStyle = ink.stop; c.lineWidth = 1; c.beginPath();
        for (let s = Math.max(a, GUTTER) - tall - ((Math.max(a, GUTTER) - a) % 8); s < Math.min(a + width, this.$refs.canvas.clientWidth); s += 8) { c.moveTo(s, y + tall); c.lineTo(s + tall, y); }
        c.stroke(); c.globalAlpha = 1; c.restore();
        c.setLineDash(o.who ? [] : [4, 3]); c.strokeStyle = ink.stop; c.lineWidth = 1.4; c.strokeRect(a + 0.5, y + 0.5, width - 1, tall - 1); c.setLineDash([]);
        const left = Math.max(a, GUTTER), text = clip(c, o.reason, Math.min(a + width, this.$refs.canvas.clientWidth) - left - 12);
        if (text.length < 3) continue;
        const wide = c.measureText(text).width + 8;
        c.fillStyle = ink.surface; c.fillRect(left + 3, y + 3, wide, 16);
        c.fillStyle = ink.stop; c.textAlign = "left"; c.fillText(text, left + 7, y + 11.5);
      }
    },
    outAt(x, y) { // the outage under a point, -1 for none
      if (x < GUTTER) return -1;
      const t = this.time(x), slack = 3 * this.perPixel();
      return this.outages().findIndex((o) => { const [top, h] = this.lane(o.line); return y >= top && y <= top + h && t >= o.from - slack && t <= o.to + slack; });
    },
    drawDraft(c, ink, x) {
      const [v0, v1] = this.view;
      c.setLineDash([4, 3]); c.strokeStyle = ink.link; c.lineWidth = 1.6;
      (this.ghosts || []).forEach((lane, n) => {
        const [top, h] = this.lane(n);
        for (let i = Math.max(0, lowest(lane, (g) => g.start >= v0) - 3); i < lane.length && lane[i].setup <= v1; i++) {
          const a = x(lane[i].start), width = Math.max(2, x(lane[i].end) - a);
          c.strokeRect(a + 0.5, top + 13.5, width, h - 21);
          this.stats.bars++;
        }
      });
      if (this.held) {
        const { k, line, start } = this.held, [top, h] = this.lane(line), a = x(start), width = Math.max(3, (this.bars.end_s[k] - this.bars.start_s[k]) / this.perPixel());
        c.globalAlpha = 0.25; c.fillStyle = ink.link; c.fillRect(a, top + 13, width, h - 20); c.globalAlpha = 1;
        c.strokeRect(a + 0.5, top + 13.5, width, h - 21);
      }
      c.setLineDash([]);
    },
    drawSetup(c, ink, s, a, y, h) { if (a - s > 1) { c.globalAlpha = 0.5; c.fillStyle = ink.muted; c.fillRect(s, y + h * 0.38, a - s, h * 0.24); c.globalAlpha = 1; } },
    drawChosen(c, ink, x, n, y, h) { // over all others of its line
      const b = this.bars, [v0, v1] = this.view;
      for (const k of new Set([this.chosen, this.over])) {
        if (!(k >= 0) || b.line[k] !== n || b.setup_s[k] > v1 || b.end_s[k] < v0) continue;
        const a = x(b.start_s[k]), e = x(b.end_s[k]), tall = h / b.together[k], at = y + (b.place[k] - 1) * tall;
        if (k === this.chosen) this.drawBar(c, ink, k, a, e, at, tall, b.done_s[k] !== null, e - a);
        c.strokeStyle = ink.link; c.lineWidth = 2; c.strokeRect(a - 1.5, at - 1.5, Math.max(4, e - a - 1) + 3, tall + 3);
      }
    },
    drawBar(c, ink, k, a, e, y, h, done, room) { // room: pixels that no other job lies on
      this.stats.bars++;
      const b = this.bars, late = this.isLate(k), color = late ? ink.warn : ink.load, width = Math.max(1, e - a - (e - a > 4 ? 1 : 0)), tone = [0.92, 0.74, 0.58][b.product[k] % 3];
      const part = done ? width : b.begun_s[k] !== null ? width * Math.min(1, Math.max(0, this.now - b.begun_s[k]) / Math.max(1, b.end_s[k] - b.start_s[k])) : 0;
      c.fillStyle = ink.surface; c.fillRect(a, y, width, h);
      c.fillStyle = color; c.globalAlpha = 0.12; c.fillRect(a, y, width, h);
      c.globalAlpha = done ? tone : 0.5; c.fillRect(a, y, part, h); c.globalAlpha = 1;
      if (width > 3) { c.strokeStyle = color; c.lineWidth = late ? 1.6 : b.together[k] > 1 ? 0.35 : 1; c.strokeRect(a + 0.5, y + 0.5, width - 1, h - 1); }
      if (this.changes.has(b.job_id[k])) { c.globalAlpha = 0.55; c.fillStyle = ink.surface; c.fillRect(a, y, width, h); c.globalAlpha = 1; }
      if (this.pins.has(b.job_id[k])) { c.fillStyle = ink.link; c.beginPath(); c.arc(a + Math.min(5, width / 2), y + 4, 3.2, 0, 7); c.fill(); }
      if (room > 52 && b.together[k] === 1) {
        const text = `${b.quantity[k]} × ${this.products[b.product[k]]}${b.parts[k] > 1 ? ` (${b.part[k]}/${b.parts[k]})` : ""}`;
        c.fillStyle = part > width * 0.6 && done ? ink.surface : ink.ink; c.textAlign = "left";
        if (c.measureText(text).width < room - 8) c.fillText(text, Math.max(a + 5, GUTTER + 5), y + h / 2);
      }
    },
    nameRun(c, ink, k, a, e, y, h) { // one name for the block of a run, on its own ground so that the slices do not cross it
      const b = this.bars, of = new Map();
      for (const o of this.run(k)) of.set(b.product[o], (of.get(b.product[o]) || 0) + b.quantity[o]);
      const text = `${this.labels.run.replace("{n}", b.together[k])}: ${[...of].map(([product, units]) => `${units} × ${this.products[product]}`).join(" + ")}`;
      const left = Math.max(a + 4, GUTTER + 4), room = e - left - 8;
      c.strokeStyle = ink.load; c.lineWidth = 1.6; c.strokeRect(a + 0.5, y + 0.5, Math.max(1, e - a - 2), h - 1);
      if (room < 30) return;
      const named = clip(c, text, room), wide = c.measureText(named).width;
      c.globalAlpha = 0.85; c.fillStyle = ink.surface; c.fillRect(left, y + h / 2 - 8, wide + 4, 16); c.globalAlpha = 1;
      c.fillStyle = ink.ink; c.textAlign = "left"; c.fillText(named, left + 2, y + h / 2);
    },
    drawStrips(c, ink, x, w, h) {
      const s = this.strip, width = s.interval_s, top = h - 2 * (STRIP + GAP) + 2, low = h - STRIP - GAP + 4;
      const known = s.co2e_kg_per_kwh.filter((v) => v !== null), least = Math.min(...known), most = Math.max(...known, least + 0.001);
      let run = null;
      const name = () => { if (run && run.b - run.a > 34) { c.fillStyle = ink.ink; c.textAlign = "center"; c.fillText(`${this.labels[`band.${run.band}`]}${run.b - run.a > 84 && run.price !== null ? ` ${run.price.toFixed(2)}` : ""}`, (Math.max(run.a, GUTTER) + Math.min(run.b, w)) / 2, top + STRIP / 2); } };
      s.start.forEach((iso, n) => {
        const t = this.seconds(iso), a = x(t), e = x(t + width);
        const band = s.band[n];
        if (band && e > GUTTER && a < w) { const [color, alpha] = ink.bands[band]; c.globalAlpha = alpha; c.fillStyle = color; c.fillRect(Math.round(a), top, Math.round(e) - Math.round(a), STRIP); c.globalAlpha = 1; }
        if (!run || run.band !== band) { name(); run = band ? { band, a, b: e, price: s.price_cny_per_kwh[n] } : null; } else run.b = e;
        const v = s.co2e_kg_per_kwh[n];
        if (v !== null && e > GUTTER && a < w) { c.globalAlpha = 0.1 + 0.75 * ((v - least) / (most - least)); c.fillStyle = ink.carbon; c.fillRect(Math.round(a), low, Math.round(e) - Math.round(a), STRIP - 4); c.globalAlpha = 1; }
      });
      name();
      this.carbonRange = known.length ? `${least.toFixed(2)}–${most.toFixed(2)}` : "";
    },
    drawNames(c, ink, h) {
      c.textAlign = "left";
      this.lines.forEach((line, n) => {
        const [top, each] = this.lane(n);
        c.fillStyle = ink.ink;
        c.fillText(clip(c, this.language === "zh" ? line.name_zh : line.name_en, GUTTER - 10), 0, top + each / 2 - 5);
        c.fillStyle = ink.muted;
        c.fillText(`${line.jobs}${line.busy_share === null ? "" : `  ${Math.round(line.busy_share * 100)} %`}`, 0, top + each / 2 + 11);
      });
      c.fillStyle = ink.muted;
      c.fillText(`${this.labels.price} CNY/kWh`, 0, h - 2 * (STRIP + GAP) + 2 + STRIP / 2);
      const y = h - STRIP - GAP + 2 + STRIP / 2;
      c.fillText(`${this.labels.carbon} kg/kWh`, 0, y);
      if (!this.carbonRange) return;
      const right = this.$refs.canvas.clientWidth - 4, wide = c.measureText(this.carbonRange).width;
      c.globalAlpha = 0.8; c.fillStyle = ink.surface; c.fillRect(right - wide - 5, y - 8, wide + 9, 16); c.globalAlpha = 1;
      c.fillStyle = ink.ink; c.textAlign = "right"; c.fillText(this.carbonRange, right, y);
    },
    drawNow(c, ink, x, w, h) {
      const at = x(this.now);
      if (at < GUTTER || at > w) return;
      c.strokeStyle = ink.link; c.lineWidth = 1.5;
      c.beginPath(); c.moveTo(at, AXIS - 6); c.lineTo(at, h - 2); c.stroke();
      const text = `${this.labels.now} ${this.at(this.now)}`, wide = c.measureText(text).width + 10, left = Math.min(w - wide, Math.max(GUTTER, at - wide / 2));
      c.fillStyle = ink.link; c.fillRect(left, 2, wide, 18);
      c.fillStyle = ink.surface; c.textAlign = "left"; c.fillText(text, left + 5, 11.5);
    },
  },
};

// The first place in an ordered list from which `test` holds.
function lowest(list, test) { let a = 0, b = list.length; while (a < b) { const m = (a + b) >> 1; if (test(list[m])) b = m; else a = m + 1; } return a; }
function clip(c, text, width) { if (c.measureText(text).width <= width) return text; let n = text.length; while (n > 1 && c.measureText(`${text.slice(0, n)}…`).width > width) n--; return `${text.slice(0, n)}…`; }
function addStyle() {
  if (document.getElementById("pw-gantt-style")) return;
  const style = document.createElement("style");
  style.id = "pw-gantt-style";
  style.textContent = `.pw-gantt-button{font:inherit;color:var(--ink,#17202a);background:var(--raised,#f7f9fa);border:1px solid var(--line,#d5dbe1);border-radius:6px;padding:4px 10px;cursor:pointer}
.pw-gantt-button:hover{border-color:var(--link,#1b5c88)} .pw-gantt :focus-visible{outline:2px solid var(--focus,#1b5c88);outline-offset:2px}
.pw-gantt-tip{position:absolute;z-index:3;pointer-events:none;background:var(--surface,#fff);color:var(--ink,#17202a);border:1px solid var(--line,#d5dbe1);border-radius:6px;padding:6px 10px;font-size:12px;line-height:1.5;white-space:nowrap;box-shadow:0 4px 16px rgba(0,0,0,.2);font-variant-numeric:tabular-nums}
.pw-gantt-tip[hidden]{display:none} .pw-key{width:16px;height:10px;border:1px solid var(--load,#33485c);display:inline-block;border-radius:2px} .pw-key-done{background:var(--load,#33485c)} .pw-key-running{background:linear-gradient(90deg,var(--load,#33485c) 50%,transparent 50%)}
.pw-key-draft{border:1.6px dashed var(--link,#1b5c88)} .pw-key-pinned{width:8px;height:8px;border:0;border-radius:50%;background:var(--link,#1b5c88)}
.pw-key-out{border-color:var(--stop,#b3261e);background:repeating-linear-gradient(135deg,var(--stop,#b3261e) 0 1px,transparent 1px 4px)}
.pw-key-late{border:0;width:0;height:0;border-left:5px solid transparent;border-right:5px solid transparent;border-bottom:9px solid var(--warn,#a85200);border-radius:0}`;
  document.head.appendChild(style);
}
