// Input: drag, wheel, pinch, buttons and keys all end in the same three verbs: move, zoomAt, choose.

const fingers = new Map();
let dragged = 0;

function spot(event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

function showTip(found, px, py) {
  const tip = byId("tip");
  tip.hidden = !(found.alarms || found.camera || found.pipe);
  if (tip.hidden) return;
  tip.replaceChildren(...tipLines(found).map((line) => el("p", {}, line)));
  tip.style.left = `${Math.max(4, Math.min(px + 14, view.w - tip.offsetWidth - 4))}px`;
  tip.style.top = `${py + 18 + tip.offsetHeight > view.h ? Math.max(4, py - tip.offsetHeight - 10) : py + 18}px`;
}

function showPlace(px, py) {
  const [lon, lat] = toDegrees(view.x + (px - view.w / 2) / view.scale, view.y - (py - view.h / 2) / view.scale);
  const east = `${Math.abs(lon).toFixed(6)}° ${lon < 0 ? "W" : "E"}`;
  byId("place").textContent = `${Math.abs(lat).toFixed(6)}° ${lat < 0 ? "S" : "N"}, ${east} WGS-84`;
}

function tap(px, py) {
  const found = under(view, scene, px, py);
  showTip(found, px, py);
  if (!found.alarms) return;
  const at = found.alarms.indexOf(chosen);
  choose(found.alarms[(at + 1) % found.alarms.length], false); // a second tap reaches the pin beneath
}

canvas.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  canvas.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, spot(event));
  if (fingers.size === 1) dragged = 0;
  canvas.classList.add("held");
});

canvas.addEventListener("pointermove", (event) => {
  const now = spot(event);
  const before = fingers.get(event.pointerId);
  showPlace(...now);
  if (!before) {
    const found = under(view, scene, ...now);
    canvas.classList.toggle("over", Boolean(found.alarms));
    return showTip(found, ...now);
  }
  dragged += Math.hypot(now[0] - before[0], now[1] - before[1]);
  if (fingers.size === 2) {
    const [, other] = [...fingers].find(([id]) => id !== event.pointerId);
    const factor = Math.hypot(now[0] - other[0], now[1] - other[1]) / Math.max(1, Math.hypot(before[0] - other[0], before[1] - other[1]));
    zoomAt((now[0] + other[0]) / 2, (now[1] + other[1]) / 2, factor);
  }
  const share = fingers.size; // two fingers each move the ground half way
  fingers.set(event.pointerId, now);
  if (dragged > 4) byId("tip").hidden = true;
  move({ x: view.x - (now[0] - before[0]) / share / view.scale, y: view.y + (now[1] - before[1]) / share / view.scale });
});

function lift(event) {
  if (!fingers.delete(event.pointerId)) return;
  if (!fingers.size) canvas.classList.remove("held");
  if (event.type === "pointerup" && !fingers.size && dragged <= 4) tap(...spot(event));
}

canvas.addEventListener("pointerup", lift);
canvas.addEventListener("pointercancel", lift);
canvas.addEventListener("pointerleave", () => {
  byId("place").textContent = "";
  if (!fingers.size) byId("tip").hidden = true;
});
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  byId("tip").hidden = true;
  const lines = event.deltaMode === 1 ? 16 : 1; // Firefox counts lines
  zoomAt(...spot(event), Math.exp(-Math.max(-240, Math.min(240, event.deltaY * lines)) / 400));
}, { passive: false });

const PAN = { ArrowLeft: [-80, 0], ArrowRight: [80, 0], ArrowUp: [0, 80], ArrowDown: [0, -80] };
const centre = (factor) => zoomAt(view.w / 2, view.h / 2, factor);
const showAll = () => fly(fitTo(homeBox()));
const PRESS = {
  "+": () => centre(ZOOM_STEP),
  "=": () => centre(ZOOM_STEP),
  "-": () => centre(1 / ZOOM_STEP),
  0: showAll,
  j: () => step(1),
  k: () => step(-1),
  "?": keysSheet,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("sheet").open) return;
  const pan = event.target === canvas && PAN[event.key];
  if (pan) move({ x: view.x + pan[0] / view.scale, y: view.y + pan[1] / view.scale });
  else if (Object.hasOwn(PRESS, event.key)) PRESS[event.key]();
  else return;
  event.preventDefault();
});

byId("zoom-in").addEventListener("click", () => centre(ZOOM_STEP));
byId("zoom-out").addEventListener("click", () => centre(1 / ZOOM_STEP));
byId("fit").addEventListener("click", showAll);
byId("keys").addEventListener("click", keysSheet);
byId("sheet-close").addEventListener("click", () => byId("sheet").close());
byId("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  byId("tip").hidden = true;
  speak();
  ask();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  colours = readColours();
  painted = null;
  ask();
});

byId("legend").open = innerWidth > 760; // on a phone the map needs the room
speak();
new ResizeObserver(resize).observe(byId("map-box"));
