// How things look: one place for colours and materials; colour has the meaning of FACES and is never alone.
import { THREE } from "nicegui-scene";

export const STATES = ["off", "idle", "setup", "run", "blocked", "starved", "down"];
export const STATE_COLOR = {
  off: "#5b6b80", idle: "#b4c2d3", setup: "#4fb4ff", run: "#2fd08c", blocked: "#ff9d3c", starved: "#e6c79a", down: "#ff4f5e",
};
export const SOURCE_COLOR = { solar: "#f7b733", battery: "#a78bfa", grid: "#8fa3bd", export: "#5fd3c6" };

const lambert = (color, more = {}) => new THREE.MeshLambertMaterial({ color, ...more });
const clear = (color, opacity, more = {}) => lambert(color, { transparent: true, opacity, depthWrite: false, ...more });

// kind -> how it is drawn. cast and receive: shadows. pick: answers a click. night: emissive colour after dusk.
export const BOXES = {
  plinth: { material: () => lambert("#c3ccd6"), cast: true, receive: true, pick: true },
  glass: { material: () => clear("#a9d4ff", 0.13), night: ["#ffca85", 0.42], order: 3 },
  beam: { material: () => lambert("#eef2f6"), cast: true, pick: true },
  column: { material: () => lambert("#e3e8ee"), cast: true },
  window: { material: () => clear("#6fa6d8", 0.42), night: ["#ffc477", 0.62], order: 3, pick: true },
  core: { material: () => lambert("#dfe4ea"), night: ["#ffca85", 0.5], cast: true, pick: true },
  pv: { material: pvMaterial, receive: true, pick: true, tilt: 8, solar: true },
  "pv-hatch": { material: pvMaterial, pick: true, tilt: 8, hatch: true, solar: true },
  belt: { material: () => lambert("#5a697b"), night: ["#24405f", 0.5], receive: true, pick: true },
  machine: { material: () => lambert("#ffffff"), night: ["#8fa3bd", 0.3], cast: true, receive: true, pick: true, state: 0.1 },
  base: { material: () => lambert("#39465a"), pick: true },
  visor: { material: () => new THREE.MeshPhongMaterial({ color: "#1d2f47", specular: "#9cc7f0", shininess: 60 }), night: ["#5fc2ff", 0.16], pick: true },
  stack: { shape: "cylinder", material: () => lambert("#aeb9c6"), cast: true },
  marking: { material: () => lambert("#e2b93b"), night: ["#e2b93b", 0.25] },
  andon: { material: () => new THREE.MeshBasicMaterial({ color: "#ffffff", toneMapped: false }), pick: true, state: 1 },
  "plant-heat": { material: () => lambert("#e2583e"), cast: true, pick: true, night: ["#e2583e", 0.3] },
  "plant-cold": { material: () => lambert("#4a9fe0"), cast: true, pick: true, night: ["#4a9fe0", 0.3] },
  "plant-air": { material: () => lambert("#cfd8e3"), cast: true, pick: true, night: ["#91a4bb", 0.3] },
  "plant-battery": { material: () => lambert("#8e72ee"), cast: true, pick: true, night: ["#8e72ee", 0.45] },
  vessel: { shape: "cylinder", material: () => lambert("#e77a5c"), cast: true, pick: true, night: ["#e2583e", 0.3] },
  fan: { shape: "cylinder", material: () => lambert("#20303f") },
  road: { material: () => lambert("#4a525c"), receive: true },
  lane: { material: () => new THREE.MeshBasicMaterial({ color: "#7fb4e6", transparent: true, opacity: 0.5, depthWrite: false }), order: 2 },
  charger: { material: () => lambert("#2f8f6b"), receive: true, night: ["#2fd08c", 0.6] },
  trailer: { material: () => lambert("#f4f6f8"), cast: true },
  cab: { material: () => lambert("#c9463d"), cast: true },
  green: { material: () => lambert("#5f9150"), receive: true },
};

export const PRISMS = {
  apron: { material: () => lambert("#98a1a8"), receive: true },
  floor: { material: () => lambert("#d9dee4"), receive: true, pick: true, night: ["#ffd9a0", 0.36] },
  plate: { material: () => lambert("#f0f3f6"), cast: true, receive: true, pick: true, night: ["#ffca85", 0.3] },
  roof: { material: () => lambert("#cdd5dd"), cast: true, receive: true, pick: true },
  hatch: { material: () => lambert("#cdd5dd", { transparent: true }), cast: true, receive: true, pick: true, hatch: true },
};

function pvMaterial() {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [256, 64];
  const c = canvas.getContext("2d");
  c.fillStyle = "#1d3f74";
  c.fillRect(0, 0, 256, 64);
  c.strokeStyle = "#7fa3d6";
  c.lineWidth = 2;
  for (let x = 0; x <= 256; x += 256 / 10) { c.beginPath(); c.moveTo(x, 0); c.lineTo(x, 64); c.stroke(); }
  c.globalAlpha = 0.35;
  for (let y = 0; y <= 64; y += 32) { c.beginPath(); c.moveTo(0, y); c.lineTo(256, y); c.stroke(); }
  const map = new THREE.CanvasTexture(canvas);
  map.colorSpace = THREE.SRGBColorSpace;
  map.anisotropy = 4;
  return new THREE.MeshPhongMaterial({ map, specular: "#5f8fd0", shininess: 42, transparent: true });
}

export function glowTexture() {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 64;
  const c = canvas.getContext("2d"), g = c.createRadialGradient(32, 32, 0, 32, 32, 32);
  g.addColorStop(0, "rgba(255,255,255,1)");
  g.addColorStop(0.35, "rgba(255,255,255,.42)");
  g.addColorStop(1, "rgba(255,255,255,0)");
  c.fillStyle = g;
  c.fillRect(0, 0, 64, 64);
  return new THREE.CanvasTexture(canvas);
}

export function glowMaterial(color, opacity) {
  return new THREE.MeshBasicMaterial({
    color, opacity, map: glowTexture(), transparent: true, depthWrite: false, blending: THREE.AdditiveBlending, toneMapped: false,
  });
}
