// Marks: what stands on the ground paint. Cameras stay grey and small; alarms carry colour, shape, place and error.

const PIN_LIFT = 26; // the shape stands above its place, so that the place itself stays visible
const PIN_SIZE = 26;

function paintMarks(context, view, scene, colours, chosen) {
  for (const alarm of scene.placed) paintArea(context, view, alarm, colours);
  paintCameras(context, view, scene, colours);
  const order = scene.placed.filter((alarm) => alarm !== chosen).reverse(); // worst on top
  if (chosen && chosen.plane) order.push(chosen);
  for (const alarm of order) paintEllipse(context, view, alarm, colours);
  for (const alarm of order) paintPin(context, view, alarm, colours, alarm === chosen);
}

function paintArea(context, view, alarm, colours) {
  if (!alarm.areaRing) return;
  const [x0, y0, x1, y1] = alarm.areaRing.box;
  if (Math.max(x1 - x0, y1 - y0) * view.scale < 28) return; // smaller than its own pin
  context.strokeStyle = colours[alarm.level];
  context.lineWidth = 1.5;
  context.setLineDash([5, 3]);
  context.beginPath();
  trace(context, view, alarm.areaRing.flat, true);
  context.stroke();
  context.setLineDash([]);
}

function paintEllipse(context, view, alarm, colours) {
  if (!alarm.covariance) return;
  const [x, y] = toPixels(view, alarm.plane[0], alarm.plane[1]);
  const ellipse = ellipse95(alarm.covariance);
  const pixels = alarm.k * view.scale;
  if (ellipse.long * pixels < 3) return;
  context.beginPath();
  context.ellipse(x, y, ellipse.long * pixels, Math.max(1, ellipse.short * pixels), -ellipse.turn, 0, 2 * Math.PI);
  context.fillStyle = colours[alarm.level];
  context.globalAlpha = 0.1;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = colours[alarm.level];
  context.lineWidth = 1.5;
  context.stroke();
}

function paintPin(context, view, alarm, colours, chosen) {
  const [x, y] = toPixels(view, alarm.plane[0], alarm.plane[1]);
  const size = chosen ? PIN_SIZE + 8 : PIN_SIZE;
  const colour = colours[alarm.level];
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x, y - PIN_LIFT);
  context.strokeStyle = colours.paper;
  context.lineWidth = 4;
  context.stroke();
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.stroke();
  context.beginPath();
  context.arc(x, y, 3, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  context.save();
  context.translate(x - size / 2, y - PIN_LIFT - size / 2);
  context.scale(size / 24, size / 24);
  const shape = new Path2D(SHAPE[alarm.level]);
  context.lineJoin = "round";
  context.strokeStyle = chosen ? colours.ink : colours.paper;
  context.lineWidth = alarm.level === 4 ? 6 : 3;
  context.stroke(shape);
  context.fillStyle = alarm.level === 4 ? colours.paper : colour;
  context.fill(shape);
  if (alarm.level === 4) {
    context.strokeStyle = colour;
    context.lineWidth = 2.5;
    context.stroke(shape);
  }
  context.fillStyle = alarm.level === 4 ? colour : colours.paper;
  context.font = `600 10px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(ROMAN[alarm.level], 12, alarm.level === 2 ? 15 : 12.5);
  context.restore();
}

function paintCamera(context, camera, x, y, colours) {
  const blind = camera.frames === 0;
  const colour = blind ? colours.blind : colours["ink-2"];
  context.fillStyle = colours.paper;
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.fillRect(x - 7, y - 7, 14, 14);
  context.strokeRect(x - 7, y - 7, 14, 14);
  context.beginPath();
  if (blind) {
    for (const shift of [-7, 0, 7]) {
      context.moveTo(x + Math.max(-7, shift - 7), y + Math.min(7, shift + 7));
      context.lineTo(x + Math.min(7, shift + 7), y + Math.max(-7, shift - 7));
    }
    context.stroke();
  } else {
    context.arc(x, y, 3, 0, 2 * Math.PI);
    context.fillStyle = colour;
    context.fill();
  }
}

// Cameras with their names, then street names; a name that would cover a sign or another name is left to the tip.
function paintCameras(context, view, scene, colours) {
  const placed = scene.cameras.filter((camera) => camera.plane).map((camera) => [camera, ...toPixels(view, ...camera.plane)]);
  const inside = placed.filter(([, x, y]) => x > -200 && x < view.w + 20 && y > -20 && y < view.h + 20);
  const boxes = inside.map(([, x, y]) => [x - 8, y - 8, x + 8, y + 8]);
  for (const alarm of scene.placed) {
    const [x, y] = toPixels(view, ...alarm.plane);
    boxes.push([x - 12, y - PIN_LIFT - 12, x + 12, y + 3]);
  }
  const free = (box) => {
    if (boxes.some((other) => meets(other, box, 1))) return false;
    boxes.push(box);
    return true;
  };
  context.font = `11px ${FONT}`;
  context.textBaseline = "middle";
  for (const [camera, x, y] of inside) {
    paintCamera(context, camera, x, y, colours);
    context.textAlign = "left";
    const box = [x + 10, y - 8, x + 14 + context.measureText(camera.name).width, y + 8];
    if (free(box)) haloText(context, camera.name, x + 12, y, colours);
  }
  context.textAlign = "center";
  for (const street of scene.streets) paintStreetName(context, view, street, colours, free);
}

// Along the street's longest piece, near that piece's middle but where there is room.
function paintStreetName(context, view, street, colours, free) {
  let best = null;
  for (let i = 0; i + 3 < street.flat.length; i += 2) {
    const [ax, ay] = toPixels(view, street.flat[i], street.flat[i + 1]);
    const [bx, by] = toPixels(view, street.flat[i + 2], street.flat[i + 3]);
    const length = Math.hypot(bx - ax, by - ay);
    if (!best || length > best.length) best = { length, ax, ay, dx: bx - ax, dy: by - ay };
  }
  const width = context.measureText(street.name).width;
  if (!best || best.length < width + 16) return;
  const turn = Math.atan2(best.dy, best.dx);
  const half = [Math.abs(Math.cos(turn)) * width + 12, Math.abs(Math.sin(turn)) * width + 12].map((side) => side / 2);
  for (const part of [0.5, 0.35, 0.65, 0.2, 0.8]) {
    const x = best.ax + best.dx * part;
    const y = best.ay + best.dy * part;
    if (x < 0 || y < 0 || x > view.w || y > view.h) continue;
    if (!free([x - half[0], y - half[1], x + half[0], y + half[1]])) continue;
    context.save();
    context.translate(x, y);
    context.rotate(Math.abs(turn) > Math.PI / 2 + 0.01 ? turn + Math.PI : turn);
    haloText(context, street.name, 0, 0, colours);
    context.restore();
    return;
  }
}

// What lies under a point of the screen: alarms first, then cameras, stations, pipes. Returns every alarm there, so
// that a second click can reach the one beneath.
function under(view, scene, px, py) {
  const near = (mark, dx, dy, reach) => {
    const [x, y] = toPixels(view, mark.plane[0], mark.plane[1]);
    return Math.hypot(px - x - dx, py - y - dy) <= reach;
  };
  const alarms = scene.placed.filter((alarm) => near(alarm, 0, -PIN_LIFT, 16) || near(alarm, 0, 0, 7));
  if (alarms.length) return { alarms };
  const camera = scene.cameras.find((one) => one.plane && near(one, 0, 0, 12));
  if (camera) return { camera };
  const x = view.x + (px - view.w / 2) / view.scale;
  const y = view.y - (py - view.h / 2) / view.scale;
  const reach = 7 / view.scale;
  const here = [x, y, x, y];
  let found = null;
  let best = reach * reach;
  for (const pipe of scene.pipes) {
    if (!meets(pipe.box, here, reach)) continue;
    const distance = isArea(pipe) && inRing(pipe.flat, x, y) ? 0 : lineDistance2(pipe.flat, x, y);
    if (distance <= best) [found, best] = [pipe, distance];
  }
  return found ? { pipe: found } : {};
}
