// The ground: WGS-84 degrees to a conformal plane and back, so that a metre is a metre in every direction.
// Ellipsoidal Mercator (EPSG method 9804): conformal, so bands and ellipses keep their shape; no map library needed.
const A = 6378137;
const E = Math.sqrt(0.00669437999014);
const RAD = Math.PI / 180;
const CHI2_95 = 5.991464547; // 95 % of a two-dimensional normal lies within sqrt(5.99) sigma

function toPlane(lon, lat) {
  const s = Math.sin(Math.max(-85, Math.min(85, lat)) * RAD);
  return [A * lon * RAD, A * (Math.atanh(s) - E * Math.atanh(E * s))];
}

function toDegrees(x, y) {
  let s = Math.tanh(y / A);
  for (let i = 0; i < 6; i += 1) s = Math.tanh(y / A + E * Math.atanh(E * s));
  return [x / A / RAD, Math.asin(s) / RAD];
}

// Plane units per metre on the ground at a latitude.
function stretch(lat) {
  const s = Math.sin(lat * RAD);
  return Math.sqrt(1 - E * E * s * s) / Math.cos(lat * RAD);
}

// Half axes in metres and the turn (radians, from east to north) of the 95 % ellipse of a covariance.
function ellipse95([ee, en, nn]) {
  const mid = (ee + nn) / 2;
  const off = Math.hypot((ee - nn) / 2, en);
  return {
    long: Math.sqrt(CHI2_95 * (mid + off)),
    short: Math.sqrt(CHI2_95 * Math.max(0, mid - off)),
    turn: 0.5 * Math.atan2(2 * en, ee - nn),
  };
}

function sigmaOf(covariance) {
  return ellipse95(covariance).long / Math.sqrt(CHI2_95);
}

// A list of degrees as a flat plane array with its bounding box.
function flatten(coords) {
  const flat = new Float64Array(coords.length * 2);
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  coords.forEach(([lon, lat], i) => {
    const [x, y] = toPlane(lon, lat);
    flat[2 * i] = x;
    flat[2 * i + 1] = y;
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  });
  return { flat, box, k: coords.length ? stretch(coords[0][1]) : 1 };
}

function meets(a, b, margin) {
  return a[0] - margin <= b[2] && a[2] + margin >= b[0] && a[1] - margin <= b[3] && a[3] + margin >= b[1];
}

function inRing(flat, x, y) {
  let inside = false;
  for (let i = 0, j = flat.length - 2; i < flat.length; j = i, i += 2) {
    const crosses = flat[i + 1] > y !== flat[j + 1] > y;
    if (crosses && x < ((flat[j] - flat[i]) * (y - flat[i + 1])) / (flat[j + 1] - flat[i + 1]) + flat[i]) inside = !inside;
  }
  return inside;
}

// Squared distance in plane units from a point to a line.
function lineDistance2(flat, x, y) {
  let best = flat.length === 2 ? (x - flat[0]) ** 2 + (y - flat[1]) ** 2 : Infinity;
  for (let i = 0; i + 3 < flat.length; i += 2) {
    const dx = flat[i + 2] - flat[i];
    const dy = flat[i + 3] - flat[i + 1];
    const t = Math.max(0, Math.min(1, ((x - flat[i]) * dx + (y - flat[i + 1]) * dy) / (dx * dx + dy * dy || 1)));
    best = Math.min(best, (x - flat[i] - t * dx) ** 2 + (y - flat[i + 1] - t * dy) ** 2);
  }
  return best;
}
