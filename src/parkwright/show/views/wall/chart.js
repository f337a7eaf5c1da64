// The day so far: use as a line, solar as an area, planned dashed, price bands as a strip, the present as a line.
const INK = "#e8f1fb", SOFT = "#9db4cf", SOLAR = "#f7b733";
export const BAND_COLOR = { sharp: "#e2487e", peak: "#c77bd0", flat: "#53739c", valley: "#2a4a74" };

export function drawDay(canvas, day, now, words) {
  const ratio = Math.min(2, devicePixelRatio || 1), w = canvas.clientWidth, h = canvas.clientHeight;
  if (!w || !h) return;
  canvas.width = w * ratio; canvas.height = h * ratio;
  const c = canvas.getContext("2d");
  c.scale(ratio, ratio);
  const size = parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.78;
  c.font = `${size}px ${getComputedStyle(document.body).fontFamily}`;
  const starts = day.start.map((at) => Date.parse(at));
  if (!starts.length) return;
  const t0 = starts[0], t1 = starts[starts.length - 1] + day.interval_s * 1000;
  const left = size * 2.9, right = w - 4, top = size * 1.5, bottom = h - size * 3.1, strip = size * 0.55;
  const x = (t) => left + ((t - t0) / (t1 - t0)) * (right - left);
  const all = [day.load_kw, day.load_plan_kw, day.solar_kw, day.solar_plan_kw].flat().filter((v) => v !== null);
  const max = Math.max(1, ...all), step = nice(max / 2.4), high = Math.ceil(max / step) * step;
  const y = (kw) => bottom - (kw / high) * (bottom - top);
  c.fillStyle = SOFT;
  c.textBaseline = "middle";
  c.textAlign = "right";
  c.strokeStyle = "rgba(126,176,230,.16)";
  for (let v = 0; v <= high; v += step) { c.fillText(high >= 1000 ? (v / 1000).toFixed(step < 1000 ? 1 : 0) : v, left - 6, y(v)); line(c, [[left, y(v)], [right, y(v)]]); }
  c.textAlign = "left";
  c.fillText(high >= 1000 ? "MW" : "kW", 0, size * 0.6);
  key(c, words, left, size * 0.6, size);
  starts.forEach((t, n) => {
    if (!day.band[n]) return;
    c.fillStyle = BAND_COLOR[day.band[n]];
    c.fillRect(x(t), bottom + 3, x(t + day.interval_s * 1000) - x(t) + 0.4, strip);
  });
  c.textAlign = "center";
  c.fillStyle = SOFT;
  for (let hour = 0; hour <= 24; hour += 6) c.fillText(String(hour).padStart(2, "0"), Math.min(right - size * 0.6, x(t0 + hour * 3600e3)), bottom + strip + size * 0.95);
  bandKey(c, day, words, left, h - size * 0.5, size);
  const mid = day.interval_s * 500, points = (values) => values.map((v, n) => (v === null ? null : [x(starts[n] + mid), y(v)]));
  const solar = points(day.solar_kw).filter(Boolean);
  if (solar.length) {
    c.beginPath(); c.moveTo(solar[0][0], bottom); solar.forEach(([a, b]) => c.lineTo(a, b)); c.lineTo(solar[solar.length - 1][0], bottom); c.closePath();
    c.fillStyle = "rgba(247,183,51,.45)"; c.fill();
  }
  c.lineWidth = 1.4;
  c.strokeStyle = SOLAR; c.setLineDash([3, 3]); run(c, points(day.solar_plan_kw)); c.setLineDash([]); run(c, points(day.solar_kw));
  c.strokeStyle = INK; c.globalAlpha = 0.6; c.setLineDash([3, 3]); run(c, points(day.load_plan_kw)); c.setLineDash([]); c.globalAlpha = 1; c.lineWidth = 2; run(c, points(day.load_kw));
  if (now >= t0 && now <= t1) { c.strokeStyle = "#5cc3ff"; c.lineWidth = 1.5; line(c, [[x(now), top - 4], [x(now), bottom + 3 + strip]]); }
}

function nice(raw) {
  const p = Math.pow(10, Math.floor(Math.log10(raw)));
  return [1, 2, 5, 10].map((k) => k * p).find((v) => v >= raw);
}
function line(c, [[a, b], [d, e]]) { c.beginPath(); c.moveTo(a, b); c.lineTo(d, e); c.stroke(); }
function run(c, points) { c.beginPath(); let on = false; for (const p of points) { if (!p) { on = false; continue; } if (on) c.lineTo(...p); else c.moveTo(...p); on = true; } c.stroke(); }
function key(c, words, left, y, size) {
  let x = left + size * 1.2;
  for (const [text, color, area] of [[words.load, INK, false], [words.solar, SOLAR, true]]) {
    c.fillStyle = color; c.fillRect(x, y - (area ? size * 0.3 : 1), size * 1.1, area ? size * 0.6 : 2);
    c.fillStyle = SOFT; c.fillText(text, x + size * 1.5, y); x += size * 2.6 + c.measureText(text).width;
  }
}
function bandKey(c, day, words, left, y, size) {
  let x = left;
  c.textAlign = "left";
  for (const band of ["valley", "flat", "peak", "sharp"]) {
    if (!day.band.includes(band)) continue;
    c.fillStyle = BAND_COLOR[band]; c.fillRect(x, y - size * 0.3, size * 0.7, size * 0.6);
    c.fillStyle = SOFT; c.fillText(words[band], x + size, y); x += size * 1.9 + c.measureText(words[band]).width;
  }
}
