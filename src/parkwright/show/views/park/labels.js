// Names over buildings and lines: buttons, so that a keyboard reaches what a mouse can click.
import { CSS2DObject, CSS2DRenderer } from "nicegui-scene";
import { STATE_COLOR } from "./look.js";

export class Labels {
  constructor(view, rows) {
    this.view = view;
    this.renderer = new CSS2DRenderer();
    this.renderer.domElement.className = "park-labels";
    this.renderer.domElement.style.cssText = "position:absolute;inset:0;pointer-events:none;overflow:hidden";
    view.root.appendChild(this.renderer.domElement);
    this.rows = rows.map((row) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = `park-label park-label-${row.kind}`;
      const dot = document.createElement("i"), name = document.createElement("span"), more = document.createElement("b");
      button.append(dot, name, more);
      button.addEventListener("click", () => { view.tour.touched(); view.select({ id: row.id, kind: row.kind, index: -1 }, true); });
      const object = new CSS2DObject(button);
      object.position.set(...row.at);
      view.scene.add(object);
      return { ...row, button, dot, name, more, object };
    });
    this.setLang(view.lang);
  }

  setLang(lang) { for (const row of this.rows) { row.name.textContent = row.text[lang] || row.text.en; row.width = 0; } }

  state(id, state, text) {
    for (const row of this.rows) if (row.id === id) {
      row.dot.style.background = STATE_COLOR[state] || "transparent";
      row.more.textContent = text || "";
    }
  }

  // A name that would lie over a more important one is left out: lines first, then buildings, near before far.
  render(scene, camera) {
    const { clientWidth: w, clientHeight: h } = this.view.root, taken = [];
    const rows = this.rows.map((row) => ({ row, at: row.object.position.clone().project(camera) }));
    rows.sort((a, b) => (a.row.kind === b.row.kind ? a.at.z - b.at.z : a.row.kind === "line" ? -1 : 1));
    for (const { row, at } of rows) {
      const width = (row.width ||= row.button.offsetWidth) / 2 + 4 || 70, x = ((at.x + 1) / 2) * w, y = ((1 - at.y) / 2) * h;
      const free = at.z < 1 && !taken.some((one) => Math.abs(one.x - x) < one.width + width && Math.abs(one.y - y) < 26);
      row.object.visible = free;
      if (free) taken.push({ x, y, width });
    }
    this.renderer.render(scene, camera);
  }
}
