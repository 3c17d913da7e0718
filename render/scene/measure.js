// Exact 2-D boxes: an id-buffer pass for what is seen, one pass per object alone for what would be seen unoccluded.
import * as THREE from 'three';

const black = new THREE.MeshBasicMaterial({ color: 0, side: THREE.DoubleSide, fog: false, toneMapped: false });
const cutouts = new Map();

function flat(mat, color) {
  if (mat.alphaTest > 0 && mat.map) {
    const key = `${mat.map.uuid}${color}`;
    if (!cutouts.has(key)) cutouts.set(key, new THREE.MeshBasicMaterial({ color, map: mat.map, alphaTest: mat.alphaTest, side: THREE.DoubleSide, fog: false, toneMapped: false }));
    return cutouts.get(key);
  }
  return color === 0 ? black : new THREE.MeshBasicMaterial({ color: new THREE.Color(0, color / 255, 0), side: THREE.DoubleSide, fog: false, toneMapped: false });
}

export function measure(renderer, scene, camera, objects, w, h) {
  const target = new THREE.WebGLRenderTarget(w, h, { depthBuffer: true });
  const kept = [], hidden = [];
  const bg = scene.background, env = scene.environment, fog = scene.fog;
  scene.background = null;
  scene.environment = null;
  scene.fog = null;
  renderer.shadowMap.autoUpdate = false;
  const ids = new Map();
  objects.forEach((o, i) => { const m = flat({}, i + 1); o.group.traverse((q) => ids.set(q, [i + 1, m])); });
  scene.traverse((q) => {
    if (!q.isMesh) return;
    if (q.userData.ghost) { if (q.visible) { q.visible = false; hidden.push(q); } return; }
    kept.push([q, q.material]);
    const own = ids.get(q);
    q.material = own ? own[1] : flat(q.material, 0);
  });
  const buf = new Uint8Array(w * h * 4);
  const shoot = () => {
    renderer.setRenderTarget(target);
    renderer.setClearColor(0x000000, 1);
    renderer.clear();
    renderer.render(scene, camera);
    renderer.readRenderTargetPixels(target, 0, 0, w, h, buf);
    renderer.setRenderTarget(null);
  };
  shoot();
  const seen = tally(buf, w, h);
  const out = [];
  scene.children.forEach((q) => { if (q.isLight) q.visible = false; });
  objects.forEach((o, i) => {
    if (o.spec.cls == null) return;
    const full = extent(o.group, camera, w, h);
    const inside = full && full[2] > 0 && full[3] > 0 && full[0] < w && full[1] < h;
    if (!inside) return;
    o.group.traverse((q) => q.layers.set(5));
    camera.layers.set(5);
    const x0 = Math.max(0, Math.floor(full[0]) - 1), y0 = Math.max(0, Math.floor(full[1]) - 1), x1 = Math.min(w, Math.ceil(full[2]) + 1), y1 = Math.min(h, Math.ceil(full[3]) + 1);
    const cw = x1 - x0, ch = y1 - y0;
    target.scissor.set(x0, h - y1, cw, ch);
    target.scissorTest = true;
    renderer.setRenderTarget(target);
    renderer.clear();
    renderer.render(scene, camera);
    const part = new Uint8Array(cw * ch * 4);
    renderer.readRenderTargetPixels(target, x0, h - y1, cw, ch, part);
    renderer.setRenderTarget(null);
    target.scissorTest = false;
    o.group.traverse((q) => q.layers.set(0));
    camera.layers.set(0);
    const alone = tally(part, cw, ch).get(i + 1);
    if (!alone) return;
    const vis = seen.get(i + 1);
    out.push({ index: i, pixels: alone.n, seen: vis ? vis.n : 0, full: full.map((v) => +v.toFixed(2)),
      box: [alone.x0 + x0, alone.y0 + y0, alone.x1 + x0 + 1, alone.y1 + y0 + 1], visibleBox: vis ? [vis.x0, vis.y0, vis.x1 + 1, vis.y1 + 1] : null });
  });
  for (const [q, m] of kept) q.material = m;
  for (const q of hidden) q.visible = true;
  scene.background = bg;
  scene.environment = env;
  scene.fog = fog;
  renderer.shadowMap.autoUpdate = true;
  target.dispose();
  return out;
}

// Pixel counts and bounds per id; rows of the buffer run bottom up.
function tally(buf, w, h) {
  const t = new Map();
  for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) {
    const id = buf[4 * (y * w + x) + 1];
    if (!id) continue;
    const yy = h - 1 - y;
    let e = t.get(id);
    if (!e) t.set(id, (e = { n: 0, x0: w, y0: h, x1: 0, y1: 0 }));
    e.n++;
    if (x < e.x0) e.x0 = x;
    if (x > e.x1) e.x1 = x;
    if (yy < e.y0) e.y0 = yy;
    if (yy > e.y1) e.y1 = yy;
  }
  return t;
}

// Unclipped projection of the object's bounding boxes [x0, y0, x1, y1], or null when it reaches behind the camera.
function extent(group, camera, w, h) {
  const lo = [Infinity, Infinity], hi = [-Infinity, -Infinity], v = new THREE.Vector3();
  let ok = true;
  group.updateWorldMatrix(true, true);
  group.traverse((q) => {
    if (!q.isMesh || q.userData.ghost || !ok) return;
    if (q.isInstancedMesh) q.computeBoundingBox(); else if (!q.geometry.boundingBox) q.geometry.computeBoundingBox();
    const b = q.isInstancedMesh ? q.boundingBox : q.geometry.boundingBox;
    for (let i = 0; i < 8; i++) {
      v.set(i & 1 ? b.max.x : b.min.x, i & 2 ? b.max.y : b.min.y, i & 4 ? b.max.z : b.min.z).applyMatrix4(q.matrixWorld);
      const d = v.clone().applyMatrix4(camera.matrixWorldInverse).z;
      if (d > -0.4) { ok = false; return; }
      v.project(camera);
      const x = ((v.x + 1) / 2) * w, y = ((1 - v.y) / 2) * h;
      lo[0] = Math.min(lo[0], x); lo[1] = Math.min(lo[1], y); hi[0] = Math.max(hi[0], x); hi[1] = Math.max(hi[1], y);
    }
  });
  return ok && lo[0] < Infinity ? [...lo, ...hi] : null;
}
