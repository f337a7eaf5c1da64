// Boxes, prisms, racks, trees and lamps as instanced or merged meshes: one draw call a kind.
import { THREE } from "nicegui-scene";
import { BOXES, PRISMS, STATES, STATE_COLOR, glowMaterial } from "./look.js";

const UNIT_BOX = () => new THREE.BoxGeometry(1, 1, 1).translate(0, 0, 0.5);
const UNIT_CYLINDER = () => new THREE.CylinderGeometry(0.5, 0.5, 1, 20).rotateX(Math.PI / 2).translate(0, 0, 0.5);
const RAD = Math.PI / 180;
const spot = new THREE.Object3D();

function place(mesh, n, x, y, z, w, d, h, yaw = 0, tilt = 0) {
  spot.position.set(x, y, z);
  spot.rotation.set(tilt, 0, yaw, "ZYX");
  spot.scale.set(w, d, h);
  spot.updateMatrix();
  mesh.setMatrixAt(n, spot.matrix);
}

function instanced(name, geometry, material, count, style = {}) {
  const mesh = new THREE.InstancedMesh(geometry, material, count);
  mesh.name = name;
  mesh.castShadow = !!style.cast;
  mesh.receiveShadow = !!style.receive;
  mesh.renderOrder = style.order || 0;
  mesh.userData = { style, pick: !!style.pick };
  return mesh;
}

export function boxes(kind, { rows, ids }) {
  const style = BOXES[kind] || { material: () => new THREE.MeshLambertMaterial({ color: "#9aa7b5" }), pick: true };
  const geometry = style.shape === "cylinder" ? UNIT_CYLINDER() : UNIT_BOX();
  const mesh = instanced(kind, geometry, style.material(), rows.length, style);
  rows.forEach(([x, y, z, w, d, h, yaw], n) => place(mesh, n, x, y, z, w, d, h, yaw * RAD, (style.tilt || 0) * RAD));
  if (style.state) {
    const off = new THREE.Color(STATE_COLOR.off);
    rows.forEach((_, n) => mesh.setColorAt(n, off)); // before the first render, else the shader has no instanceColor
  }
  mesh.userData.ids = ids;
  mesh.userData.rows = rows;
  mesh.computeBoundingSphere();
  return mesh;
}

export function prisms(kind, list) {
  const style = PRISMS[kind] || { material: () => new THREE.MeshLambertMaterial({ color: "#9aa7b5" }), pick: true };
  const parts = list.map(({ points, z, h }) => new THREE.ExtrudeGeometry(
    new THREE.Shape(points.map(([x, y]) => new THREE.Vector2(x, y))), { depth: h, bevelEnabled: false }).translate(0, 0, z));
  const total = parts.reduce((sum, part) => sum + part.attributes.position.count, 0);
  const position = new Float32Array(total * 3), normal = new Float32Array(total * 3), ends = [];
  let at = 0;
  for (const part of parts) {
    position.set(part.attributes.position.array, at * 3);
    normal.set(part.attributes.normal.array, at * 3);
    at += part.attributes.position.count;
    ends.push(at / 3);
    part.dispose();
  }
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.BufferAttribute(position, 3));
  geometry.setAttribute("normal", new THREE.BufferAttribute(normal, 3));
  const mesh = new THREE.Mesh(geometry, style.material());
  mesh.name = kind;
  mesh.castShadow = !!style.cast;
  mesh.receiveShadow = !!style.receive;
  mesh.userData = { style, pick: !!style.pick, ends, ids: list.map((prism) => prism.id) };
  return mesh;
}

// The id of what a hit shows: by instance for boxes, by face for prisms.
export function thingOf(hit) {
  const { ids, ends } = hit.object.userData;
  if (ends) return ids[ends.findIndex((end) => hit.faceIndex < end)];
  return ids ? ids[hit.instanceId] : undefined;
}

const hash = (n) => { const s = Math.sin(n * 127.1 + 11.7) * 43758.5453; return s - Math.floor(s); };

export function racks(list) {
  const cells = [], posts = [];
  for (const r of list) {
    const c = Math.cos(r.yaw * RAD), s = Math.sin(r.yaw * RAD);
    const world = (u, v) => [r.x + u * c - v * s, r.y + u * s + v * c];
    const pitch = r.length / r.bays, row = r.depth / r.rows, level = 2.2;
    for (let i = 0; i < r.rows; i++) {
      const v = -r.depth / 2 + row * (i + 0.5);
      for (let k = 0; k < r.bays; k += 3) posts.push([...world(-r.length / 2 + pitch * k, v), 0.3, 0.25, 1.6, r.levels * level, r.yaw]);
      for (let b = 0; b < r.bays; b++) for (let l = 0; l < r.levels; l++) {
        cells.push([...world(-r.length / 2 + pitch * (b + 0.5), v), 0.5 + l * level, pitch * 0.82, 1.5, level * 0.72, r.yaw, cells.length]);
      }
    }
  }
  if (!cells.length) return [];
  const goods = instanced("rack", UNIT_BOX(), new THREE.MeshLambertMaterial({ color: "#ffffff" }), cells.length, { pick: true, night: ["#334a66", 0.5] });
  const tones = ["#c59a63", "#b3844f", "#d8b483", "#8fa9c4", "#a9bccf"].map((tone) => new THREE.Color(tone));
  cells.forEach(([x, y, z, w, d, h, yaw, n], i) => {
    place(goods, i, x, y, z, w, d, h, yaw * RAD);
    goods.setColorAt(i, tones[Math.floor(hash(n) * tones.length)]);
  });
  const frame = instanced("rack-frame", UNIT_BOX(), new THREE.MeshLambertMaterial({ color: "#3d6ea8" }), posts.length, {});
  posts.forEach(([x, y, z, w, d, h, yaw], i) => place(frame, i, x, y, z, w, d, h, yaw * RAD));
  for (const mesh of [goods, frame]) { mesh.castShadow = mesh === goods; mesh.computeBoundingSphere(); }
  return [goods, frame];
}

export function trees(rows) {
  if (!rows.length) return [];
  const trunk = instanced("trunk", UNIT_CYLINDER(), new THREE.MeshLambertMaterial({ color: "#6b5646" }), rows.length, {});
  const leaf = new THREE.MeshLambertMaterial({ color: "#ffffff", flatShading: true });
  const crown = instanced("crown", new THREE.IcosahedronGeometry(0.5, 1), leaf, rows.length, { cast: true, receive: true });
  const tones = ["#4f7d43", "#5f8f4b", "#6f9a52", "#46743f", "#7da35a"].map((tone) => new THREE.Color(tone));
  rows.forEach(([x, y, height, width], n) => {
    place(trunk, n, x, y, 0, 0.45, 0.45, height * 0.5);
    place(crown, n, x, y, height * 0.62, width, width * (0.9 + hash(n) * 0.2), height * 0.78, hash(n + 7) * 6);
    crown.setColorAt(n, tones[Math.floor(hash(n + 3) * tones.length)]);
  });
  trunk.computeBoundingSphere();
  crown.computeBoundingSphere();
  return [trunk, crown];
}

export function lamps(rows) {
  if (!rows.length) return null;
  const pole = instanced("pole", UNIT_CYLINDER(), new THREE.MeshLambertMaterial({ color: "#dfe5ec" }), rows.length, {});
  const panel = instanced("lamp-panel", UNIT_BOX(), new THREE.MeshLambertMaterial({ color: "#20477f" }), rows.length, {});
  const head = instanced("lamp", UNIT_BOX(), new THREE.MeshBasicMaterial({ color: "#fff0cf", toneMapped: false }), rows.length, {});
  const pool = instanced("pool", new THREE.PlaneGeometry(1, 1), glowMaterial("#ffc876", 0), rows.length, { order: 4 });
  const halo = instanced("halo", new THREE.PlaneGeometry(1, 1).rotateX(Math.PI / 2), glowMaterial("#ffe2ae", 0), rows.length, { order: 5 });
  rows.forEach(([x, y, dx, dy], n) => {
    const yaw = Math.atan2(dy, dx);
    place(pole, n, x, y, 0, 0.28, 0.28, 7);
    place(panel, n, x, y, 7.1, 1.7, 1.1, 0.12, yaw, 0.5);
    place(head, n, x + dx * 1.2, y + dy * 1.2, 6.3, 1.5, 0.55, 0.25, yaw);
    place(pool, n, x + dx * 3, y + dy * 3, 0.34, 19, 19, 1);
    place(halo, n, x + dx * 1.2, y + dy * 1.2, 6.2, 3.4, 1, 3.4);
  });
  const all = [pole, panel, head, pool, halo];
  all.forEach((mesh) => mesh.computeBoundingSphere());
  return { all, head, pool, halo };
}

// Colours a state kind by (index, state) pairs; machine bodies take a tint of it, their lights all of it.
export function recolour(mesh, index, state) {
  const part = mesh.userData.style.state || 1;
  const body = new THREE.Color("#e9eef4"), color = new THREE.Color();
  index.forEach((n, i) => {
    color.set(STATE_COLOR[STATES[state[i]] || "off"]);
    if (part < 1) color.lerp(body, 1 - part);
    mesh.setColorAt(n, color);
  });
  mesh.instanceColor.needsUpdate = true;
}

export function outlines(list) {
  const points = [];
  for (const { points: polygon, z, h } of list) {
    polygon.forEach(([x, y], n) => {
      const [nx, ny] = polygon[(n + 1) % polygon.length];
      points.push(x, y, z + h, nx, ny, z + h);
    });
  }
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.Float32BufferAttribute(points, 3));
  const lines = new THREE.LineSegments(geometry, new THREE.LineBasicMaterial({ color: "#bfe3ff", transparent: true, opacity: 0.55 }));
  lines.name = "outline";
  return lines;
}
