// Painting: plane to pixels. Ground (streets, ranges, seen ground, pipes) goes to a buffer that pans by copying;
// what may change under the pointer (cameras, alarms) is painted fresh on top of it.

// A zone is not yet a level: the levels proper come with the risk score in a later issue; until then the zone picks
// the shape, so that a dispatcher meets the same four signs from the first day.
const LEVEL_OF = { protection: 1, control: 2, unknown: 3, outside: 4 };
const ROMAN = ["", "I", "II", "III", "IV"];
// In a 24 x 24 box; the card's SVG and the canvas share them. IV is hollow.
const SHAPE = [
  "",
  "M7.9 2H16.1L22 7.9V16.1L16.1 22H7.9L2 16.1V7.9Z",
  "M12 1.5L23.2 21.5H0.8Z",
  "M12 1L23 12L12 23L1 12Z",
  "M12 2A10 10 0 1 1 12 22A10 10 0 1 1 12 2Z",
];
const PIPE_WIDTH = { low: 1, medium: 2, sub_high: 3, high: 4, unknown: 4 };
const PIPE_ORDER = ["low", "medium", "sub_high", "high", "unknown"];
const NO_DASH = [];
const UNKNOWN_DASH = [4, 4];
const LONG_DASH = [14, 6];
const FONT = '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",system-ui,sans-serif';

function classOf(name) {
  return Object.hasOwn(PIPE_WIDTH, name) ? name : "unknown";
}

function hueOf(cls) {
  return classOf(cls) === "unknown" ? "high" : cls; // the strictest hue, dashed
}

function dashOf(pipe) {
  if (classOf(pipe.cls) === "unknown") return UNKNOWN_DASH;
  return pipe.regime === "long_distance" ? LONG_DASH : NO_DASH;
}

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const colours = {};
  for (const name of ["paper", "ground", "ink", "ink-2", "line", "street", "seen", "blind"]) colours[name] = colour(name);
  for (const cls of ["low", "medium", "sub_high", "high"]) colours[cls] = colour(`pipe-${cls}`);
  for (const level of [1, 2, 3, 4]) colours[level] = colour(`level-${level}`);
  return colours;
}

function trace(context, view, flat, close) {
  let lastX = NaN;
  let lastY = NaN;
  for (let i = 0; i < flat.length; i += 2) {
    const x = view.w / 2 + (flat[i] - view.x) * view.scale;
    const y = view.h / 2 - (flat[i + 1] - view.y) * view.scale;
    if (i === 0) context.moveTo(x, y);
    else if (i === flat.length - 2 || Math.abs(x - lastX) + Math.abs(y - lastY) > 0.7) context.lineTo(x, y);
    else continue;
    lastX = x;
    lastY = y;
  }
  if (flat.length === 2) context.lineTo(lastX + 0.01, lastY); // a point: a round cap makes it a disc
  if (close) context.closePath();
}

function isArea(pipe) {
  return pipe.kind === "station" && pipe.flat.length >= 6;
}

// Pipes grouped by class and width in pixels of one range: one stroke each, so overlaps are not painted twice.
function rangeGroups(pipes, view, cls, range) {
  const groups = new Map();
  for (const pipe of pipes) {
    if (pipe[range] === null || hueOf(pipe.cls) !== cls) continue;
    const width = 2 * (pipe[range] + pipe.radius) * pipe.k * view.scale;
    if (width < 3) continue;
    const key = width.toFixed(1);
    if (!groups.has(key)) groups.set(key, { width, lines: new Path2D(), areas: new Path2D() });
    trace(isArea(pipe) ? groups.get(key).areas : groups.get(key).lines, view, pipe.flat, isArea(pipe));
  }
  return [...groups.values()];
}

function strokeGroups(context, groups, extra) {
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const group of groups) {
    context.lineWidth = group.width + extra;
    context.stroke(group.lines);
    context.stroke(group.areas);
    context.fill(group.areas);
  }
}

function paintRange(context, scratch, groups, colour, alpha, hairline) {
  if (!groups.length) return;
  const layer = scratch.getContext("2d");
  const stamp = (strength) => {
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = strength;
    context.drawImage(scratch, 0, 0);
    context.restore();
  };
  layer.strokeStyle = colour;
  layer.fillStyle = colour;
  layer.clearRect(0, 0, scratch.width, scratch.height);
  strokeGroups(layer, groups, 0);
  stamp(alpha);
  if (!hairline) return;
  strokeGroups(layer, groups, 2);
  layer.globalCompositeOperation = "destination-out";
  strokeGroups(layer, groups, 0);
  layer.globalCompositeOperation = "source-over";
  stamp(hairline);
}

function paintStreets(context, view, streets, colours) {
  context.lineCap = "round";
  context.lineJoin = "round";
  context.strokeStyle = colours.street;
  for (const street of streets) {
    context.lineWidth = Math.max(2, Math.min(14, 8 * street.k * view.scale));
    context.beginPath();
    trace(context, view, street.flat, false);
    context.stroke();
  }
}

function paintSeen(context, view, cameras, colours) {
  const tile = document.createElement("canvas");
  tile.width = 10;
  tile.height = 10;
  const pen = tile.getContext("2d");
  pen.strokeStyle = colours.seen;
  pen.globalAlpha = 0.28;
  pen.lineWidth = 1;
  pen.beginPath();
  for (const shift of [-10, 0, 10]) {
    pen.moveTo(shift, 10);
    pen.lineTo(shift + 10, 0);
  }
  pen.stroke();
  context.lineWidth = 1;
  context.strokeStyle = colours.seen;
  context.fillStyle = context.createPattern(tile, "repeat");
  for (const camera of cameras) {
    context.beginPath();
    trace(context, view, camera.ring.flat, true);
    context.fill();
    context.stroke();
  }
}

function paintPipes(context, view, pipes, colours) {
  context.lineJoin = "round";
  for (const cls of PIPE_ORDER) {
    for (const dash of [NO_DASH, LONG_DASH, UNKNOWN_DASH]) {
      const path = new Path2D();
      let some = false;
      for (const pipe of pipes) {
        if (pipe.kind === "station" || classOf(pipe.cls) !== cls || dashOf(pipe) !== dash) continue;
        trace(path, view, pipe.flat, false);
        some = true;
      }
      if (!some) continue;
      context.lineCap = dash.length ? "butt" : "round";
      if (cls === "high") {
        context.setLineDash([]);
        context.strokeStyle = colours.paper;
        context.lineWidth = PIPE_WIDTH[cls] + 3;
        context.stroke(path);
      }
      context.setLineDash(dash);
      context.strokeStyle = colours[hueOf(cls)];
      context.lineWidth = PIPE_WIDTH[cls];
      context.stroke(path);
    }
  }
  context.setLineDash([]);
}

function paintStations(context, view, pipes, colours) {
  for (const pipe of pipes) {
    if (pipe.kind !== "station") continue;
    context.strokeStyle = colours[hueOf(pipe.cls)];
    context.fillStyle = colours.paper;
    context.lineWidth = 2;
    context.setLineDash(dashOf(pipe));
    context.beginPath();
    if (isArea(pipe)) trace(context, view, pipe.flat, true);
    else {
      const [x, y] = toPixels(view, pipe.flat[0], pipe.flat[1]);
      context.rect(x - 5, y - 5, 10, 10);
      context.moveTo(x - 5, y + 5);
      context.lineTo(x + 5, y - 5);
    }
    context.fill();
    context.stroke();
  }
  context.setLineDash([]);
}

function haloText(context, text, x, y, colours) {
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = colours.ground;
  context.strokeText(text, x, y);
  context.fillStyle = colours["ink-2"];
  context.fillText(text, x, y);
}

function toPixels(view, x, y) {
  return [view.w / 2 + (x - view.x) * view.scale, view.h / 2 - (y - view.y) * view.scale];
}

function paintGround(context, scratch, view, scene, colours) {
  const half = [view.w / 2 / view.scale, view.h / 2 / view.scale];
  const window_ = [view.x - half[0], view.y - half[1], view.x + half[0], view.y + half[1]];
  const pipes = scene.pipes.filter((pipe) => meets(pipe.box, window_, pipe.reach + 8 / view.scale));
  const streets = scene.streets.filter((street) => meets(street.box, window_, 10 / view.scale));
  const seen = scene.cameras.filter((camera) => camera.ring && meets(camera.ring.box, window_, 0));
  context.fillStyle = colours.ground;
  context.fillRect(0, 0, view.w, view.h);
  paintStreets(context, view, streets, colours);
  for (const cls of PIPE_ORDER.slice(0, 4)) {
    paintRange(context, scratch, rangeGroups(pipes, view, cls, "control"), colours[cls], 0.06, 0.4);
    paintRange(context, scratch, rangeGroups(pipes, view, cls, "protect"), colours[cls], 0.12, 0);
  }
  paintSeen(context, view, seen, colours);
  paintPipes(context, view, pipes, colours);
  paintStations(context, view, pipes, colours);
  return pipes.length;
}
