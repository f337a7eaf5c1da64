// Camera flights: the tour's stops one after the other, a visit to one thing, a slow drift in between.
import { THREE } from "nicegui-scene";

const FLIGHT_S = 3.2;
const DRIFT_RAD_PER_S = 0.012;
const IDLE_MS = 60000;
const ease = (t) => (t < 0.5 ? 4 * t * t * t : 1 - Math.pow(-2 * t + 2, 3) / 2);

export class Tour {
  constructor(view, stops, span) {
    this.view = view;
    this.stops = stops;
    this.span = span;
    this.index = 0;
    this.playing = false;
    this.flight = null;
    this.waited = 0;
    this.touchedAt = -Infinity;
  }

  get stop() { return this.stops[this.index]; }

  // The farther away, the narrower the picture.
  #eye(stop) {
    const target = new THREE.Vector3(...stop.target), eye = new THREE.Vector3(...stop.eye);
    const narrow = (this.view.options.near || 1) * Math.max(1, Math.pow(1.35 / this.view.camera.aspect, 0.55));
    return [eye.sub(target).multiplyScalar(narrow).add(target), target];
  }

  jump(index) {
    if (!this.stops.length) return;
    this.index = index;
    const [eye, target] = this.#eye(this.stop);
    this.view.camera.position.copy(eye);
    this.view.controls.target.copy(target);
    this.view.controls.update();
    this.#arrive();
    this.view.roofs.now = this.view.roofs.goal;
    this.view.applyRoofs();
  }

  go(index) {
    if (!this.stops.length) return;
    this.index = (index + this.stops.length) % this.stops.length;
    if (this.view.still) { this.jump(this.index); return; }
    const [eye, target] = this.#eye(this.stop);
    this.#fly(eye, target);
    this.#arrive();
  }

  #arrive() {
    this.waited = 0;
    this.view.setRoofs(this.stop.roofs !== "closed");
    this.view.options.onStop?.(this.stop, this.index, this.stops.length);
  }

  #fly(eye, target) {
    const { camera, controls } = this.view;
    this.flight = { t: 0, from: camera.position.clone(), to: eye, a: controls.target.clone(), b: target };
  }

  // Flies to a thing that was asked for by its id.
  visit(id) {
    const stop = this.stops.find((one) => one.focus === id);
    if (stop) { this.#fly(...this.#eye(stop)); return; }
    const label = this.view.spec.labels.find((one) => one.id === id);
    if (!label) return;
    const target = new THREE.Vector3(label.at[0], label.at[1], 2);
    const away = this.view.camera.position.clone().sub(this.view.controls.target).setLength(Math.max(70, this.span * 0.28));
    this.#fly(target.clone().add(away), target);
  }

  play(on) { this.playing = on; this.waited = 0; if (on) this.go(this.index); this.view.options.onPlay?.(on); }

  // A person took over: the tour pauses, and goes on by itself when nobody has touched the wall for a minute.
  touched() {
    this.touchedAt = performance.now();
    this.flight = null;
    if (this.playing) { this.playing = false; this.again = true; this.view.options.onPlay?.(false); }
  }

  step(seconds) {
    const { camera, controls, still } = this.view;
    if (this.again && performance.now() - this.touchedAt > IDLE_MS) { this.again = false; this.play(true); }
    if (this.flight) {
      const f = this.flight;
      f.t = still ? 1 : Math.min(1, f.t + seconds / FLIGHT_S);
      const s = ease(f.t);
      camera.position.lerpVectors(f.from, f.to, s);
      controls.target.lerpVectors(f.a, f.b, s);
      controls.update();
      if (f.t >= 1) this.flight = null;
      return true;
    }
    if (!this.playing || !this.stops.length) return false;
    this.waited += seconds;
    if (this.waited > this.stop.seconds) this.go(this.index + 1);
    else if (!still) this.view.orbit(DRIFT_RAD_PER_S * seconds, 0, 1);
    return !still;
  }
}
