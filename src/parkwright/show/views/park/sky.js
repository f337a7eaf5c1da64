// The sky over the park: sun from its elevation and azimuth, moonlight, colours of the day, stars, lamps after dusk.
import { THREE } from "nicegui-scene";

const RAD = Math.PI / 180;
const smooth = (a, b, x) => { const t = Math.min(1, Math.max(0, (x - a) / (b - a))); return t * t * (3 - 2 * t); };
const mix = (colors, weights) => {
  const out = new THREE.Color(0, 0, 0), one = new THREE.Color();
  colors.forEach((color, n) => { one.set(color); out.r += one.r * weights[n]; out.g += one.g * weights[n]; out.b += one.b * weights[n]; });
  return out;
};
// night, dusk, day
const TOP = ["#050d24", "#27407f", "#3d7cc4"], HORIZON = ["#17325f", "#e79462", "#c3dcef"], GROUND = ["#101d33", "#343b49", "#5b6a70"];
const AMBIENT = ["#7d9fd6", "#b3a6c4", "#dcebff"], BOUNCE = ["#2a3a52", "#6a5c50", "#8a8f78"];

const DOME_VERTEX = "varying vec3 direction; void main() { direction = position; vec4 p = projectionMatrix * mat4(mat3(modelViewMatrix)) * vec4(position, 1.0); gl_Position = p.xyww; }";
const DOME_FRAGMENT = `uniform vec3 top, horizon, glow, sun; varying vec3 direction;
  void main() { vec3 d = normalize(direction); float h = clamp(d.z, 0.0, 1.0);
    vec3 color = mix(horizon, top, pow(h, 0.55));
    float near = max(dot(d, sun), 0.0);
    color += glow * (pow(near, 900.0) * 3.0 + pow(near, 24.0) * 0.28 + pow(near, 4.0) * 0.10);
    gl_FragColor = vec4(color, 1.0);
    #include <tonemapping_fragment>
    #include <colorspace_fragment>
  }`;

export class Sky {
  constructor(scene, extent) {
    this.span = Math.max(...extent);
    const [w, d] = extent;
    this.uniforms = { top: { value: new THREE.Color() }, horizon: { value: new THREE.Color() }, glow: { value: new THREE.Color() }, sun: { value: new THREE.Vector3() } };
    this.dome = new THREE.Mesh(new THREE.SphereGeometry(10, 32, 16), new THREE.ShaderMaterial({
      uniforms: this.uniforms, vertexShader: DOME_VERTEX, fragmentShader: DOME_FRAGMENT, side: THREE.BackSide, depthWrite: false }));
    this.dome.frustumCulled = false;
    this.dome.renderOrder = -10;
    this.stars = starField();
    this.hemisphere = new THREE.HemisphereLight(0xffffff, 0x888888, 1);
    this.sun = new THREE.DirectionalLight(0xffffff, 2);
    this.sun.castShadow = true;
    this.sun.shadow.mapSize.set(2048, 2048);
    const cam = this.sun.shadow.camera, reach = Math.hypot(w, d) / 2;
    [cam.left, cam.right, cam.top, cam.bottom, cam.near, cam.far] = [-reach, reach, reach, -reach, 10, 4 * this.span];
    this.sun.shadow.normalBias = 0.6;
    this.sun.shadow.bias = -0.0004;
    this.sun.target.position.set(w / 2, d / 2, 0);
    this.fog = new THREE.Fog(0x000000, this.span * 1.6, this.span * 4.2);
    scene.fog = this.fog;
    scene.add(this.dome, this.stars, this.hemisphere, this.sun, this.sun.target);
    this.ground = new THREE.Mesh(new THREE.CircleGeometry(this.span * 5, 48), new THREE.MeshLambertMaterial({ color: 0x8d9b8c }));
    this.ground.position.set(w / 2, d / 2, -0.3);
    scene.add(this.ground);
  }

  // Sets sun and moon for an elevation and azimuth [deg]; returns how dark it is (0 day .. 1 night).
  set(elevation, azimuth) {
    const day = smooth(2, 16, elevation), night = 1 - smooth(-9, 1, elevation), dusk = Math.max(0, 1 - day - night);
    const weights = [night, dusk, day], u = this.uniforms;
    u.top.value.copy(mix(TOP, weights));
    u.horizon.value.copy(mix(HORIZON, weights));
    this.fog.color.copy(u.horizon.value);
    this.ground.material.color.copy(mix(GROUND, weights));
    this.hemisphere.color.copy(mix(AMBIENT, weights));
    this.hemisphere.groundColor.copy(mix(BOUNCE, weights));
    this.hemisphere.intensity = 1.0 * night + 2.2 * dusk + 1.35 * day;
    const up = elevation > -4;
    const e = (up ? Math.max(elevation, 13) : 42) * RAD, a = (up ? azimuth : 215) * RAD;
    const to = new THREE.Vector3(Math.sin(a) * Math.cos(e), Math.cos(a) * Math.cos(e), Math.sin(e));
    this.sun.position.copy(this.sun.target.position).addScaledVector(to, this.span * 1.5);
    this.sun.color.copy(up ? mix(["#ff8a4a", "#ff9a56", "#fff3df"], weights) : new THREE.Color("#8fb4ff"));
    this.sun.intensity = up ? 2.5 * Math.max(day, 0.85 * smooth(-4, 3, elevation)) : 0.75 * night;
    u.sun.value.set(Math.sin(azimuth * RAD) * Math.cos(elevation * RAD), Math.cos(azimuth * RAD) * Math.cos(elevation * RAD), Math.sin(elevation * RAD));
    u.glow.value.set("#ffd9a8").multiplyScalar(0.25 + 0.75 * (day + dusk)).multiplyScalar(elevation > -8 ? 1 : 0);
    this.stars.material.opacity = night * 0.9;
    this.stars.visible = night > 0.02;
    return 1 - smooth(-5, 5, elevation);
  }
}

function starField() {
  const points = [];
  for (let n = 0; n < 420; n++) {
    const r = (k) => { const s = Math.sin(n * 91.7 + k * 47.3) * 24634.6345; return s - Math.floor(s); };
    const a = r(1) * 2 * Math.PI, z = 0.04 + r(2) * 0.96, flat = Math.sqrt(1 - z * z);
    points.push(9 * flat * Math.cos(a), 9 * flat * Math.sin(a), 9 * z);
  }
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.Float32BufferAttribute(points, 3));
  const stars = new THREE.Points(geometry, new THREE.PointsMaterial({ color: "#cfe0ff", size: 1.5, sizeAttenuation: false, transparent: true, depthWrite: false, fog: false, toneMapped: false }));
  stars.frustumCulled = false;
  stars.renderOrder = -9;
  return stars;
}
