// The 3-D park as a Vue component: the wall's modules, its own socket.
import { ParkScene, Feed } from "parkwright-park";

export default {
  template: `<div class="pw-park" style="position:relative;width:100%;height:100%;min-height:260px;background:#0b1a30;overflow:hidden"></div>`,
  props: { sceneUrl: String, feedUrl: String, language: String, tour: Boolean },
  emits: ["pick"],
  created() { this.built = new Promise((done) => { this.markBuilt = done; }); },
  async mounted() {
    addStyle();
    const prefix = window.path_prefix || "", spec = await (await fetch(prefix + this.sceneUrl)).json();
    if (this.closed) return;
    this.park = new ParkScene(this.$el, { lang: this.language, near: 0.74, onPick: (hit) => hit && this.$emit("pick", { id: hit.id, kind: hit.kind, index: hit.index }) });
    this.park.build(spec);
    this.feed = new Feed(prefix + this.feedUrl, { frame: (buffer) => this.park.robotFrame(buffer), picture: (picture, changed, whole) => this.show(picture, changed, whole) });
    if (this.tour) this.park.tour.play(true);
    this.$el.pwPark = this.park;
    this.markBuilt();
  },
  beforeUnmount() { this.closed = true; this.feed?.close(); this.park?.dispose(); },
  watch: { language(lang) { this.park?.setLang(lang); } },
  methods: {
    show(picture, changed, whole) {
      if (picture.sky && (whole || changed.sky)) this.park.setSun(picture.sky.elevation, picture.sky.azimuth, picture.sky.lit);
      if (picture.machines && (whole || changed.machines)) this.park.setStates(whole ? picture.machines : changed.machines);
      for (const [id, line] of Object.entries((whole ? picture.lines : changed.lines) || {})) this.park.setLine(id, line.running, line.state, line.units === null ? "" : String(line.units));
    },
    async flyTo(id) { await this.built; this.park.tour.touched(); this.park.tour.visit(id); },
    async openRoofs(open) { await this.built; this.park.setRoofs(open); },
    async playTour(on) { await this.built; this.park.tour.play(on); },
  },
};

function addStyle() {
  if (document.getElementById("pw-park-style")) return;
  const style = document.createElement("style");
  style.id = "pw-park-style";
  style.textContent = `.pw-park .park-label{pointer-events:auto;font:inherit;cursor:pointer;display:inline-flex;align-items:center;gap:6px;padding:2px 9px;border-radius:14px;font-size:12px;white-space:nowrap;color:#fff;background:rgba(7,19,37,.76);border:1px solid rgba(150,200,255,.3)}
.pw-park .park-label i{width:8px;height:8px;border-radius:50%} .pw-park .park-label i:not([style]){display:none} .pw-park .park-label b:empty{display:none}
.pw-park .park-label-building{border-radius:4px;color:#dbe9f8} .pw-park .park-label:hover{border-color:#5cc3ff} .pw-park :focus-visible{outline:2px solid #5cc3ff}`;
  document.head.appendChild(style);
}
