// The 3-D park: builds a scene from JSON, follows the live picture and the robots, answers clicks, flies the tour.
// Plain class on three.js, without a framework, so that the wall page and the NiceGUI element share it.
import { THREE, OrbitControls, CSS2DRenderer } from "nicegui-scene";
import { STATES } from "./look.js";
import { boxes, prisms, racks, trees, lamps, outlines, recolour, thingOf } from "./shapes.js";
import { Sky } from "./sky.js";
import { Robots, Belts } from "./robots.js";
import { Labels } from "./labels.js";
import { Tour } from "./tour.js";
export { Feed } from "./feed.js";
export { STATES, STATE_COLOR, SOURCE_COLOR } from "./look.js";

const FRAME_MS = 1000 / 30;
const SLOW_MS = [60, 120, Infinity]; // a frame that takes longer is drawn with fewer pixels, then without shadows
const CLICK_PX = 5;

export class ParkScene {
  // root: positioned element. options: {lang, near, onPick(thing), onStop(stop), onPlay(on), reducedMotion}; near scales
  // the distance of the tour's stops: 1 where panels cover the sides of the picture, less where none do
  constructor(root, options = {}) {
    this.root = root;
    this.options = options;
    this.lang = options.lang || "en";
    this.still = options.reducedMotion ?? matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.stats = { frames: 0, messages: 0, calls: 0, triangles: 0 };
    this.meshes = {};
    this.roofs = { now: 1, goal: 1 };
    this.dirty = true;
    this.closed = false;
    this.sunAt = null;
    this.cost = 10;
    this.quality = 0;
    const canvas = document.createElement("canvas");
    canvas.style.cssText = "position:absolute;inset:0;width:100%;height:100%;display:block;outline-offset:-2px";
    canvas.tabIndex = 0;
    root.appendChild(canvas);
    this.canvas = canvas;
  }

  build(spec) {
    this.spec = spec;
    this.renderer = new THREE.WebGLRenderer({ canvas: this.canvas, antialias: true, powerPreference: "low-power" });
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 1.5));
    this.renderer.toneMapping = THREE.ACESFilmicToneMapping;
    this.renderer.toneMappingExposure = 0.92;
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = THREE.PCFSoftShadowMap;
    this.renderer.shadowMap.autoUpdate = false;
    const span = Math.max(...spec.extent);
    this.scene = new THREE.Scene();
    this.camera = new THREE.PerspectiveCamera(34, 1, 2, span * 12);
    this.camera.up.set(0, 0, 1);
    this.sky = new Sky(this.scene, spec.extent);
    this.#ground(spec.extent);
    this.#solids(spec);
    this.robots = new Robots(this.scene, spec.robots, span);
    this.belts = new Belts(this.scene, spec.lines);
    this.#selection();
    this.labels = new Labels(this, spec.labels);
    this.controls = new OrbitControls(this.camera, this.canvas);
    Object.assign(this.controls, { enableDamping: false, maxPolarAngle: 1.45, minDistance: 14, maxDistance: span * 2.2, zoomToCursor: true });
    this.controls.addEventListener("change", () => { this.dirty = true; });
    this.tour = new Tour(this, spec.tour, span);
    this.#pointer();
    this.ro = new ResizeObserver(() => this.#resize());
    this.ro.observe(this.root);
    this.#resize();
    this.setSun(35, 200);
    this.tour.jump(0);
    this.last = performance.now();
    this.canvas.addEventListener("webglcontextrestored", () => { this.dirty = this.renderer.shadowMap.needsUpdate = true; });
    const loop = (now) => {
      if (this.closed) return;
      this.raf = requestAnimationFrame(loop);
      if (this.drawn) { this.#weigh(performance.now() - this.drawn); this.drawn = 0; }
      this.#tick(now);
    };
    this.raf = requestAnimationFrame(loop);
  }

  #ground([w, d]) {
    const lawn = new THREE.Mesh(new THREE.BoxGeometry(w, d, 0.3), new THREE.MeshLambertMaterial({ color: "#6f9460" }));
    lawn.position.set(w / 2, d / 2, -0.17);
    lawn.receiveShadow = true;
    lawn.name = "lawn";
    const grid = new THREE.GridHelper(Math.max(w, d) * 4, 60, 0xffffff, 0xffffff);
    grid.rotation.x = Math.PI / 2;
    grid.position.set(w / 2, d / 2, -0.25);
    Object.assign(grid.material, { transparent: true, opacity: 0.06, depthWrite: false });
    this.scene.add(lawn, grid);
  }

  #solids(spec) {
    const byKind = {};
    for (const prism of spec.prisms) (byKind[prism.kind] ||= []).push(prism);
    const all = [
      ...Object.entries(byKind).map(([kind, list]) => prisms(kind, list)),
      ...Object.entries(spec.boxes).map(([kind, part]) => boxes(kind, part)),
      ...racks(spec.racks), ...trees(spec.trees), outlines(spec.prisms.filter((prism) => prism.kind === "roof" || prism.kind === "hatch")),
    ];
    this.lamps = lamps(spec.lamps);
    if (this.lamps) all.push(...this.lamps.all);
    for (const mesh of all) { this.scene.add(mesh); this.meshes[mesh.name] = mesh; }
    const store = spec.things && Object.keys(spec.things).find((id) => spec.things[id].type === "warehouse");
    if (this.meshes.rack) this.meshes.rack.userData.one = store;
    this.hatches = all.filter((mesh) => mesh.userData.style?.hatch);
    this.glows = all.filter((mesh) => mesh.userData.style?.night);
    this.units = {};
    (spec.boxes.machine?.ids || []).forEach((id, n) => { this.units[id] = n; });
  }

  #selection() {
    const box = new THREE.LineSegments(new THREE.EdgesGeometry(new THREE.BoxGeometry(1, 1, 1).translate(0, 0, 0.5)),
      new THREE.LineBasicMaterial({ color: "#ffffff" }));
    box.visible = false;
    this.scene.add(box);
    this.frame = box;
  }

  // --- the live picture -------------------------------------------------------------------------------------------
  // machines: {work unit id: state index}
  setStates(machines) {
    const index = [], state = [];
    for (const [id, value] of Object.entries(machines)) if (id in this.units) { index.push(this.units[id]); state.push(value); }
    for (const kind of ["machine", "andon"]) if (this.meshes[kind] && index.length) recolour(this.meshes[kind], index, state);
    this.dirty = true;
  }

  setLine(id, running, state, text) {
    this.belts.pace(id, this.still ? 0 : running);
    this.labels.state(id, state, text);
    this.dirty = true;
  }

  setSun(elevation, azimuth, lit) {
    const at = [elevation, azimuth];
    if (this.sunAt && Math.abs(this.sunAt[0] - elevation) + Math.abs(this.sunAt[1] - azimuth) < 0.2 && lit === this.lit) return;
    const moved = !this.shadowAt || Math.abs(this.shadowAt[0] - elevation) + Math.abs(this.shadowAt[1] - azimuth) > 1.2;
    this.sunAt = at;
    this.lit = lit;
    const dark = this.sky.set(elevation, azimuth);
    this.dark = dark;
    const shining = lit === undefined || lit === null ? dark : Math.min(dark, lit);
    if (this.lamps) {
      this.lamps.pool.material.opacity = 0.5 * shining;
      this.lamps.halo.material.opacity = 0.75 * shining;
      this.lamps.pool.visible = this.lamps.halo.visible = shining > 0.01;
      this.lamps.head.material.color.set("#8b95a1").lerp(new THREE.Color("#fff0cf"), shining);
    }
    for (const mesh of this.glows) {
      const [color, strength] = mesh.userData.style.night;
      mesh.material.emissive.set(color).multiplyScalar(strength * dark);
    }
    if (this.meshes.outline) this.meshes.outline.material.opacity = 0.25 + 0.45 * dark;
    if (moved) { this.shadowAt = at; this.renderer.shadowMap.needsUpdate = true; }
    this.dirty = true;
  }

  robotFrame(buffer) {
    this.stats.messages++;
    this.robots.frame(buffer, performance.now());
    this.dirty = true;
  }

  setLang(lang) { this.lang = lang; this.labels.setLang(lang); this.dirty = true; }

  // 1 open above the lines, 0 closed
  setRoofs(open) { this.roofs.goal = open ? 1 : 0; if (this.still) this.roofs.now = this.roofs.goal; this.dirty = true; }

  // --- picking ------------------------------------------------------------------------------------------------------
  #pointer() {
    this.ray = new THREE.Raycaster();
    let down = null;
    this.canvas.addEventListener("pointerdown", (e) => { down = [e.clientX, e.clientY]; this.tour.touched(); });
    this.canvas.addEventListener("wheel", () => this.tour.touched(), { passive: true });
    this.canvas.addEventListener("pointerup", (e) => {
      if (down && Math.hypot(e.clientX - down[0], e.clientY - down[1]) < CLICK_PX) this.select(this.thingAt(e.clientX, e.clientY));
      down = null;
    });
    this.canvas.addEventListener("keydown", (e) => this.#key(e));
    let asked = 0;
    this.canvas.addEventListener("pointermove", (e) => {
      if (e.buttons || performance.now() - asked < 120) return;
      asked = performance.now();
      this.canvas.style.cursor = this.thingAt(e.clientX, e.clientY) ? "pointer" : "grab";
    });
  }

  #key(e) {
    const turn = { ArrowLeft: [0.06, 0, 1], ArrowRight: [-0.06, 0, 1], ArrowUp: [0, -0.05, 1], ArrowDown: [0, 0.05, 1], "+": [0, 0, 0.9], "=": [0, 0, 0.9], "-": [0, 0, 1.1] }[e.key];
    if (e.key === "Escape") this.select(null);
    if (!turn) return;
    e.preventDefault();
    this.tour.touched();
    this.orbit(...turn);
  }

  // Turns the camera around its target by angles [rad] and scales its distance.
  orbit(theta, phi, scale) {
    const offset = this.camera.position.clone().sub(this.controls.target);
    const s = new THREE.Spherical().setFromVector3(new THREE.Vector3(offset.x, offset.z, -offset.y));
    s.theta += theta;
    s.phi = Math.min(1.45, Math.max(0.05, s.phi + phi));
    s.radius = Math.min(this.controls.maxDistance, Math.max(this.controls.minDistance, s.radius * scale));
    const v = new THREE.Vector3().setFromSpherical(s);
    this.camera.position.copy(this.controls.target).add(new THREE.Vector3(v.x, -v.z, v.y));
    this.controls.update();
    this.dirty = true;
  }

  thingAt(clientX, clientY) {
    const r = this.canvas.getBoundingClientRect();
    this.ray.setFromCamera(new THREE.Vector2(((clientX - r.left) / r.width) * 2 - 1, 1 - ((clientY - r.top) / r.height) * 2), this.camera);
    const able = this.scene.children.filter((mesh) => mesh.userData.pick && mesh.visible && !(mesh.userData.style?.hatch && this.roofs.now > 0.5));
    const hit = this.ray.intersectObjects(able, false)[0];
    if (!hit) return null;
    const id = hit.object.userData.one || thingOf(hit);
    return id ? { id, kind: hit.object.name, index: hit.instanceId ?? -1 } : null;
  }

  // Shows what was picked and tells the page; null clears. `fly` moves the camera to it.
  select(hit, fly = false) {
    const n = hit && this.units[hit.id];
    this.frame.visible = n !== undefined && n !== null;
    if (this.frame.visible) {
      const [x, y, z, w, d, h, yaw] = this.spec.boxes.machine.rows[n];
      this.frame.position.set(x, y, z);
      this.frame.rotation.set(0, 0, (yaw * Math.PI) / 180);
      this.frame.scale.set(w + 0.5, d + 0.5, h + 0.8);
    }
    if (hit && fly) this.tour.visit(hit.id);
    this.dirty = true;
    this.options.onPick?.(hit ? { ...hit, thing: this.spec.things[hit.id] || { kind: hit.kind === "robots" ? "robot" : hit.kind } } : null);
  }

  // Where the middle of a machine is on the screen, for tests and for pointers.
  project(id) {
    const row = this.spec.boxes.machine.rows[this.units[id]];
    const v = new THREE.Vector3(row[0], row[1], row[2] + row[5]).project(this.camera), r = this.canvas.getBoundingClientRect();
    return [r.left + ((v.x + 1) / 2) * r.width, r.top + ((1 - v.y) / 2) * r.height];
  }

  // --- the loop -----------------------------------------------------------------------------------------------------
  #resize() {
    const { clientWidth: w, clientHeight: h } = this.root;
    if (!w || !h) return;
    this.renderer.setSize(w, h, false);
    this.labels.renderer.setSize(w, h);
    this.camera.aspect = w / h;
    this.camera.fov = Math.min(58, Math.max(30, 34 * Math.sqrt(1.55 / Math.max(0.4, w / h))));
    this.camera.updateProjectionMatrix();
    this.dirty = true;
  }

  #tick(now) {
    const passed = now - this.last;
    if (passed < Math.max(FRAME_MS * 0.9, this.cost * 1.8) || document.hidden) return; // never more than about half of the time
    this.last = now;
    const seconds = Math.min(0.25, passed / 1000);
    if (this.tour.step(seconds)) this.dirty = true;
    if (this.robots.draw(performance.now())) this.dirty = true;
    if (this.belts.live) { this.belts.step(seconds); this.dirty = true; }
    if (this.roofs.now !== this.roofs.goal) this.#slide(seconds);
    if (!this.dirty) return;
    this.dirty = false;
    this.sky.dome.position.copy(this.camera.position);
    this.sky.stars.position.copy(this.camera.position);
    this.drawn = performance.now();
    this.renderer.render(this.scene, this.camera);
    this.labels.render(this.scene, this.camera);
    this.stats.frames++;
    this.stats.calls = this.renderer.info.render.calls;
    this.stats.triangles = this.renderer.info.render.triangles;
  }

  // What a frame really cost shows when the next one begins: software rendering blocks until then.
  #weigh(ms) {
    if (this.stats.frames < 3) return; // the first frames compile shaders
    this.cost += (Math.min(ms, 2000) - this.cost) * 0.25;
    this.slow = this.cost > SLOW_MS[this.quality] ? (this.slow || 0) + 1 : 0;
    if (this.slow < 4) return;
    this.slow = 0;
    this.quality++;
    this.renderer.setPixelRatio(this.quality === 1 ? Math.min(0.75, devicePixelRatio) : 0.55);
    if (this.quality === 2) this.sky.sun.castShadow = false;
    this.#resize();
  }

  #slide(seconds) {
    const { now, goal } = this.roofs, step = seconds / 1.4;
    this.roofs.now = goal > now ? Math.min(goal, now + step) : Math.max(goal, now - step);
    this.applyRoofs();
  }

  applyRoofs() {
    const open = this.roofs.now;
    for (const mesh of this.hatches) {
      mesh.visible = open < 0.99;
      mesh.material.opacity = 1 - open;
      mesh.position.z = 16 * open * open;
      mesh.castShadow = open < 0.5;
    }
    if (open === this.roofs.goal || Math.abs(open - 0.5) < 0.06) this.renderer.shadowMap.needsUpdate = true;
    this.dirty = true;
  }

  dispose() {
    this.closed = true;
    cancelAnimationFrame(this.raf);
    this.ro?.disconnect();
    this.controls?.dispose();
    this.scene?.traverse((one) => { one.geometry?.dispose(); [one.material].flat().forEach((m) => m?.dispose?.()); });
    this.renderer?.dispose();
    this.root.replaceChildren();
  }
}
