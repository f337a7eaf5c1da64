// Mobile robots and the goods on the belts: positions straight into the instance matrices.
import { THREE } from "nicegui-scene";
import { glowMaterial } from "./look.js";

const PERIOD_MS = 200;
const COLOR = ["#9fb0c3", "#4fb4ff", "#ffb547", "#2fd08c"]; // idle, empty, loaded, charging
const CRATE_STATE = 2;

function fill(array, n, x, y, z, cos, sin, w, d, h) {
  const o = n * 16;
  array[o] = cos * w; array[o + 1] = sin * w; array[o + 4] = -sin * d; array[o + 5] = cos * d;
  array[o + 10] = h; array[o + 12] = x; array[o + 13] = y; array[o + 14] = z; array[o + 15] = 1;
}

export class Robots {
  constructor(scene, { ids, home }, span) {
    this.ids = ids;
    const n = ids.length;
    this.previous = new Float32Array(n * 3);
    this.next = new Float32Array(n * 3);
    this.state = new Uint8Array(n).fill(255);
    this.came = 0;
    this.moving = false;
    if (!n) return;
    const box = () => new THREE.BoxGeometry(1, 1, 1).translate(0, 0, 0.5);
    const make = (name, geometry, material) => {
      const mesh = new THREE.InstancedMesh(geometry, material, n);
      mesh.name = name;
      mesh.instanceMatrix.setUsage(THREE.DynamicDrawUsage);
      mesh.frustumCulled = false;
      mesh.boundingSphere = new THREE.Sphere(new THREE.Vector3(home[0], home[1], 0), span * 4);
      for (let k = 0; k < n; k++) mesh.setColorAt(k, new THREE.Color(COLOR[0]));
      scene.add(mesh);
      return mesh;
    };
    this.body = make("robots", box(), new THREE.MeshLambertMaterial({ color: "#ffffff", emissive: "#22364d" }));
    this.body.userData = { pick: true, ids };
    this.crate = make("robot-load", box(), new THREE.MeshLambertMaterial({ color: "#c59a63", emissive: "#3a2a14" }));
    this.halo = make("robot-halo", new THREE.PlaneGeometry(1, 1), glowMaterial("#ffffff", 0.75));
    this.halo.renderOrder = 4;
  }

  // u32 tick, then n x (int16 x, int16 y in 5 cm, u8 heading, u8 state), little endian
  frame(buffer, now) {
    const view = new DataView(buffer), n = Math.min(this.ids.length, Math.floor((buffer.byteLength - 4) / 6));
    const first = this.came === 0;
    const color = new THREE.Color();
    const share = Math.min(1, (now - this.came) / PERIOD_MS);
    for (let k = 0; k < n; k++) {
      const o = 4 + k * 6, i = k * 3;
      const x = view.getInt16(o, true) * 0.05, y = view.getInt16(o + 2, true) * 0.05, a = (view.getUint8(o + 4) / 256) * 2 * Math.PI;
      for (let j = 0; j < 3; j++) this.previous[i + j] += (this.next[i + j] - this.previous[i + j]) * share;
      let turn = a - this.previous[i + 2];
      turn -= Math.round(turn / (2 * Math.PI)) * 2 * Math.PI;
      this.next[i] = x; this.next[i + 1] = y; this.next[i + 2] = this.previous[i + 2] + turn;
      if (first || Math.hypot(x - this.previous[i], y - this.previous[i + 1]) > 60) {
        this.previous[i] = x; this.previous[i + 1] = y; this.previous[i + 2] = this.next[i + 2] = a;
      }
      const state = view.getUint8(o + 5);
      if (state !== this.state[k]) {
        this.state[k] = state;
        color.set(COLOR[state] || COLOR[0]);
        this.body.setColorAt(k, color);
        this.halo.setColorAt(k, state === 0 ? color.multiplyScalar(0.25) : color);
        this.body.instanceColor.needsUpdate = this.halo.instanceColor.needsUpdate = true;
      }
    }
    this.came = now;
    this.moving = true;
  }

  draw(now) {
    if (!this.ids.length || !this.moving) return false;
    const share = Math.min(1, (now - this.came) / PERIOD_MS), { previous: p, next: q } = this;
    for (let k = 0; k < this.ids.length; k++) {
      const i = k * 3, x = p[i] + (q[i] - p[i]) * share, y = p[i + 1] + (q[i + 1] - p[i + 1]) * share, a = p[i + 2] + (q[i + 2] - p[i + 2]) * share;
      const c = Math.cos(a), s = Math.sin(a), loaded = this.state[k] === CRATE_STATE ? 1 : 0.001;
      fill(this.body.instanceMatrix.array, k, x, y, 0.4, c, s, 3.4, 2.3, 0.9);
      fill(this.crate.instanceMatrix.array, k, x, y, 1.3, c, s, 2.3 * loaded, 1.8 * loaded, 1.5 * loaded);
      fill(this.halo.instanceMatrix.array, k, x, y, 0.45, c, s, 11, 11, 1);
    }
    for (const mesh of [this.body, this.crate, this.halo]) mesh.instanceMatrix.needsUpdate = true;
    if (share >= 1) this.moving = false;
    return true;
  }

  at(id) {
    const k = this.ids.indexOf(id);
    return k < 0 ? null : new THREE.Vector3(this.next[k * 3], this.next[k * 3 + 1], 0.4);
  }
}

// Goods gliding along each belt, as fast as the line runs (share of its machines that run).
export class Belts {
  constructor(scene, lines) {
    this.lines = lines.map((line) => {
      const dx = line.end[0] - line.start[0], dy = line.end[1] - line.start[1], length = Math.hypot(dx, dy);
      return { ...line, dx: dx / length, dy: dy / length, length, count: Math.max(2, Math.floor(length / 4.5)), pace: 0, run: 0 };
    });
    const total = this.lines.reduce((sum, line) => sum + line.count, 0);
    if (!total) return;
    this.mesh = new THREE.InstancedMesh(new THREE.BoxGeometry(1, 1, 1).translate(0, 0, 0.5), new THREE.MeshLambertMaterial({ color: "#9fe8ff", emissive: "#2d8fb8" }), total);
    this.mesh.name = "goods";
    this.mesh.frustumCulled = false;
    scene.add(this.mesh);
    this.step(0);
  }

  pace(id, share) {
    const line = this.lines.find((one) => one.id === id);
    if (line) line.pace = share;
  }

  get live() { return this.lines.some((line) => line.pace > 0); }

  step(seconds) {
    if (!this.mesh) return;
    let n = 0;
    for (const line of this.lines) {
      line.run = (line.run + line.pace * 2.4 * seconds) % 4.5;
      for (let k = 0; k < line.count; k++, n++) {
        const s = Math.min(line.length, k * 4.5 + line.run);
        fill(this.mesh.instanceMatrix.array, n, line.start[0] + line.dx * s, line.start[1] + line.dy * s, 1.2, line.dx, line.dy, 1.3, 1.0, 0.45);
      }
    }
    this.mesh.instanceMatrix.needsUpdate = true;
  }
}
