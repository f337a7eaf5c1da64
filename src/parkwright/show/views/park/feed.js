// One socket for everything live: robot frames (binary) and the picture (JSON: first whole, then what changed).
// Reconnects for ever, with jitter; says when it last heard something, so that the page can show its age.
export class Feed {
  // handlers: {frame(ArrayBuffer), picture(picture, changed sections), link(up)}
  constructor(url, handlers) {
    this.url = url;
    this.handlers = handlers;
    this.picture = {};
    this.heard = 0;
    this.tries = 0;
    this.closed = false;
    this.#open();
  }

  #open() {
    if (this.closed) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const ws = new WebSocket(`${scheme}//${location.host}${this.url}`);
    ws.binaryType = "arraybuffer";
    ws.onopen = () => { this.tries = 0; };
    ws.onmessage = (event) => {
      this.heard = performance.now();
      if (event.data instanceof ArrayBuffer) this.handlers.frame?.(event.data);
      else this.#merge(JSON.parse(event.data));
    };
    ws.onclose = () => {
      this.handlers.link?.(false);
      clearTimeout(this.watch);
      this.retry = setTimeout(() => this.#open(), 1000 * Math.min(10, 1 + this.tries++) * (0.7 + 0.6 * Math.random()));
    };
    this.ws = ws;
    this.#guard();
  }

  // A socket that stays open but silent (a laptop that slept, a proxy that forgot) is closed and opened again.
  #guard() {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      if (this.closed) return;
      if (this.heard && performance.now() - this.heard > 15000 && this.ws.readyState <= 1) { this.heard = performance.now(); this.ws.close(); }
      else this.#guard();
    }, 5000);
  }

  #merge(message) {
    if (message.whole) this.picture = {};
    for (const [section, values] of Object.entries(message.picture)) {
      const own = (this.picture[section] ||= {});
      for (const [key, value] of Object.entries(values)) { if (value === null) delete own[key]; else own[key] = value; }
    }
    this.handlers.link?.(true);
    this.handlers.picture?.(this.picture, message.picture, !!message.whole);
  }

  close() { this.closed = true; clearTimeout(this.retry); clearTimeout(this.watch); this.ws?.close(); }
}
