// The page comes alive: data in, view, input, the list and the map bound to each other.

const ZOOM_STEP = 1.6;
const MAX_SCALE = 60; // pixels per metre: a 0.5 m range is then 60 px wide
const MARGIN = 0.2; // of the view, painted beyond each edge so that a drag only copies
const SETTLE_MS = 90; // after the last zoom step the ground is painted sharp again
const FLY_MS = 320;
const STREET_M = 40; // farther than this from a street's axis, people would not name that street

const byId = (id) => document.getElementById(id);
const canvas = byId("map");
const screen_ = canvas.getContext("2d", { alpha: false });
const ground = document.createElement("canvas");
const scratch = document.createElement("canvas");
const still = matchMedia("(prefers-reduced-motion: reduce)");

const scene = readScene(JSON.parse(byId("data").textContent));
const view = { x: 0, y: 0, scale: 1, w: 1, h: 1 };
let painted = null; // the view the ground buffer holds
let colours = readColours();
let chosen = null;
let asked = false;
let settle = 0;
let flight = 0;
let ratio = 1;

function readScene(data) {
  const scene = { madeAt: data.madeAt, openWhy: new Set(), cameraNames: new Map() };
  scene.pipes = data.pipes.filter((pipe) => pipe.coords.length).map((pipe) => {
    const shape = flatten(pipe.coords);
    const range = Math.max(pipe.protect || 0, pipe.control || 0) + pipe.radius;
    return { ...pipe, ...shape, coords: null, reach: range * shape.k };
  });
  scene.streets = data.streets.filter((street) => street.coords.length > 1).map((street) => ({ name: street.name, ...flatten(street.coords) }));
  scene.cameras = data.cameras.map((camera) => ({
    ...camera,
    plane: camera.at && toPlane(...camera.at),
    k: camera.at ? stretch(camera.at[1]) : 1,
    ring: camera.seen.length > 2 ? flatten(camera.seen) : null,
  }));
  const stations = new Set(scene.pipes.filter((pipe) => pipe.kind === "station").map((pipe) => pipe.id));
  for (const camera of scene.cameras) scene.cameraNames.set(camera.key, camera.name);
  scene.alarms = data.alarms.map((alarm) => ({
    ...alarm,
    level: Object.hasOwn(LEVEL_OF, alarm.zone) ? LEVEL_OF[alarm.zone] : LEVEL_OF.unknown,
    plane: alarm.at && toPlane(...alarm.at),
    k: alarm.at ? stretch(alarm.at[1]) : 1,
    atStation: stations.has(alarm.pipe),
    street: alarm.at ? streetAt(scene.streets, ...toPlane(...alarm.at), STREET_M * stretch(alarm.at[1])) : null,
    areaRing: alarm.area.length > 2 ? flatten(alarm.area) : null,
  }));
  const far = (alarm) => (alarm.distance === null ? Infinity : alarm.distance);
  scene.alarms.sort((a, b) => a.level - b.level || (far(a) > far(b)) - (far(a) < far(b)) || b.score - a.score);
  scene.alarms.forEach((alarm, index) => { alarm.index = index; });
  scene.placed = scene.alarms.filter((alarm) => alarm.plane);
  return scene;
}

function streetAt(streets, x, y, reach) {
  let [name, best] = [null, reach * reach];
  for (const street of streets) {
    if (!meets(street.box, [x, y, x, y], reach)) continue;
    const distance = lineDistance2(street.flat, x, y);
    if (distance < best) [name, best] = [street.name, distance];
  }
  return name;
}

function spread(shapes) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x0, y0, x1, y1] of shapes) {
    box[0] = Math.min(box[0], x0);
    box[1] = Math.min(box[1], y0);
    box[2] = Math.max(box[2], x1);
    box[3] = Math.max(box[3], y1);
  }
  return box[0] <= box[2] ? box : null;
}

// Where people look first: alarms and cameras; the whole network only where there are neither.
function homeBox() {
  const points = [...scene.placed, ...scene.cameras.filter((camera) => camera.plane)].map(({ plane: [x, y] }) => [x, y, x, y]);
  const rings = scene.cameras.filter((camera) => camera.ring).map((camera) => camera.ring.box);
  return spread([...points, ...rings]) || spread(scene.pipes.map((pipe) => pipe.box)) || spread(scene.streets.map((street) => street.box));
}

function clampScale(scale) {
  return Math.max(1e-5, Math.min(MAX_SCALE, scale));
}

// The open legend covers the left edge of a desk's map: what is shown must stand beside it, not under it.
function fitTo(box) {
  if (!box) return { ...view };
  const legendBox = byId("legend");
  const covered = legendBox.open && !legendBox.hidden && view.w > 700 ? legendBox.offsetWidth + 12 : 0;
  const wide = Math.max(box[2] - box[0], 40);
  const high = Math.max(box[3] - box[1], 40);
  const scale = clampScale(Math.min((view.w - covered - 112) / wide, (view.h - 128) / high));
  return { x: (box[0] + box[2] - covered / scale) / 2, y: (box[1] + box[3]) / 2, scale };
}

function resize() {
  const box = canvas.getBoundingClientRect();
  const first = view.w === 1;
  ratio = Math.min(2, devicePixelRatio || 1);
  Object.assign(view, { w: box.width, h: box.height });
  canvas.width = Math.round(box.width * ratio);
  canvas.height = Math.round(box.height * ratio);
  for (const buffer of [ground, scratch]) {
    buffer.width = Math.round(box.width * (1 + 2 * MARGIN) * ratio);
    buffer.height = Math.round(box.height * (1 + 2 * MARGIN) * ratio);
  }
  if (first) Object.assign(view, fitTo(homeBox()));
  painted = null;
  ask();
}

function ask() {
  canvas.dataset.state = "busy";
  if (asked) return;
  asked = true;
  requestAnimationFrame(frame);
}

function paintBuffer() {
  painted = { ...view, w: view.w * (1 + 2 * MARGIN), h: view.h * (1 + 2 * MARGIN) };
  for (const buffer of [ground, scratch]) buffer.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
  canvas.dataset.paints = Number(canvas.dataset.paints || 0) + 1; // for the tests: how often the ground cost anything
  canvas.dataset.pipes = paintGround(ground.getContext("2d"), scratch, painted, scene, colours);
}

function coversView() {
  const edge = (side) => ((painted[side] - view[side]) / 2) / view.scale;
  return Math.abs(painted.x - view.x) <= edge("w") && Math.abs(painted.y - view.y) <= edge("h");
}

function frame() {
  asked = false;
  const zooming = painted && painted.scale !== view.scale;
  if (zooming) {
    clearTimeout(settle);
    settle = setTimeout(() => { painted = null; ask(); }, SETTLE_MS);
  }
  if (!painted || (!zooming && !coversView())) paintBuffer();
  const grow = view.scale / painted.scale;
  const [x, y] = toPixels(view, painted.x, painted.y);
  screen_.setTransform(ratio, 0, 0, ratio, 0, 0);
  screen_.fillStyle = colours.ground;
  screen_.fillRect(0, 0, view.w, view.h);
  screen_.drawImage(ground, x - (painted.w * grow) / 2, y - (painted.h * grow) / 2, painted.w * grow, painted.h * grow);
  paintMarks(screen_, view, scene, colours, chosen);
  scaleBar();
  if (!flight && painted.scale === view.scale) canvas.dataset.state = "idle";
}

function scaleBar() {
  const pixelsPerMetre = stretch(toDegrees(view.x, view.y)[1]) * view.scale;
  const most = 110 / pixelsPerMetre;
  const power = 10 ** Math.floor(Math.log10(most));
  const length = power * ([5, 2].find((step) => step * power <= most) || 1);
  byId("scale").firstElementChild.style.width = `${length * pixelsPerMetre}px`;
  byId("scale").lastElementChild.textContent = length >= 1000 ? `${length / 1000} km` : `${Number(length.toPrecision(1))} m`;
}

function move(to) {
  cancelAnimationFrame(flight);
  flight = 0;
  Object.assign(view, to);
  ask();
}

function fly(to) {
  if (still.matches) return move(to);
  cancelAnimationFrame(flight);
  const from = { ...view };
  const start = performance.now();
  const step = (now) => {
    const part = Math.min(1, (now - start) / FLY_MS);
    const eased = part * part * (3 - 2 * part);
    view.scale = from.scale * (to.scale / from.scale) ** eased;
    view.x = from.x + (to.x - from.x) * eased;
    view.y = from.y + (to.y - from.y) * eased;
    flight = part < 1 ? requestAnimationFrame(step) : 0;
    ask();
  };
  flight = requestAnimationFrame(step);
}

function zoomAt(px, py, factor) {
  const scale = clampScale(view.scale * factor);
  const dx = (px - view.w / 2) * (1 / view.scale - 1 / scale);
  const dy = (py - view.h / 2) * (1 / view.scale - 1 / scale);
  move({ scale, x: view.x + dx, y: view.y - dy });
}

// Enough ground to see the error, the works and the pipe it is measured to; the place itself in the middle.
function aroundAlarm(alarm) {
  const [x, y] = alarm.plane;
  const metres_ = [25, 1.4 * Math.min(300, alarm.distance || 0)];
  if (alarm.covariance) metres_.push(Math.min(200, ellipse95(alarm.covariance).long)); // a vague place must not hide the street
  let reach = Math.max(...metres_) * alarm.k;
  if (alarm.areaRing) {
    const [x0, y0, x1, y1] = alarm.areaRing.box;
    reach = Math.max(reach, x - x0, x1 - x, y - y0, y1 - y);
  }
  return [x - reach, y - reach, x + reach, y + reach];
}

function choose(alarm, byCard) {
  chosen = alarm;
  for (const card of byId("cards").children) card.removeAttribute("aria-current");
  const card = byId(`card-${alarm.index}`);
  card.setAttribute("aria-current", "true");
  card.scrollIntoView({ block: "nearest", behavior: still.matches ? "auto" : "smooth" });
  if (byCard && alarm.plane) fly(fitTo(aroundAlarm(alarm)));
  else ask();
}

function step(by) {
  if (!scene.alarms.length) return;
  const now = chosen ? chosen.index : by > 0 ? -1 : 0;
  choose(scene.alarms[(now + by + scene.alarms.length) % scene.alarms.length], true);
}

function sheet(...content) {
  byId("sheet-body").replaceChildren(...content);
  byId("sheet").showModal();
}

function keysSheet() {
  const rows = [["← ↑ → ↓", "keys_arrows"], ["+ −", "keys_zoom"], ["0", "keys_zero"], ["j k", "keys_step"], ["?", "keys_help"]];
  sheet(el("dl", {}, ...rows.flatMap(([key, word]) => [el("dt", {}, key), el("dd", {}, t(word))])));
}

function speak() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-aria]")) node.setAttribute("aria-label", t(node.dataset.aria));
  const button = byId("language");
  button.textContent = t("switch");
  button.setAttribute("aria-label", t("switch_aria"));
  button.lang = language === "zh" ? "en" : "zh-CN";
  const knownPipes = scene.pipes.filter((pipe) => classOf(pipe.cls) !== "unknown").length;
  const lit = scene.cameras.filter((camera) => camera.frames > 0).length;
  const counts = [
    t("count_cameras", { n: lit, all: scene.cameras.length }),
    t("count_alarms", { n: scene.placed.length, all: scene.alarms.length }),
    t("count_pipes", { n: knownPipes, all: scene.pipes.length }),
    t("made", { time: clock(scene.madeAt, scene.madeAt, true) }),
  ];
  byId("counts").replaceChildren(...counts.map((text) => el("span", {}, text)));
  byId("cards").replaceChildren(...scene.alarms.map((alarm) => makeCard(alarm, scene, { choose, sheet })));
  byId("legend-body").replaceChildren(...legend(scene));
  const tallies = [1, 2, 3, 4].map((level) => [level, scene.alarms.filter((alarm) => alarm.level === level).length]);
  byId("tally").replaceChildren(...tallies.map(([level, n]) => el("span", { "aria-label": `${t(`level_${level}`)} ${n}` }, shapeIcon(level), String(n))));
  if (chosen) byId(`card-${chosen.index}`).setAttribute("aria-current", "true");
  sayEmpty();
}

function sayEmpty() {
  const frames = scene.cameras.reduce((sum, camera) => sum + camera.frames, 0);
  const why = [];
  if (!scene.alarms.length) why.push(t("no_alarms", { frames }));
  if (!scene.cameras.length) why.push(t("no_cameras"));
  if (!scene.pipes.length) why.push(t("no_pipes"));
  byId("empty").replaceChildren(...why.map((text) => el("p", {}, text)));
  byId("notice").textContent = t("no_ground");
  byId("notice").hidden = homeBox() !== null;
  byId("legend").hidden = homeBox() === null;
}
