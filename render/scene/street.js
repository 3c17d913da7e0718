// The street and its furniture: road with markings, cracks and patches, kerbs, pavements, trees, lamps, facades.
// Scene frame: the street runs along y, the cross street (if any) along x at y = crossY; metres.
import * as THREE from 'three';
import { rng } from './rng.js';
import * as tex from './textures.js';
import { ground, paint, steel, lamp, matte } from './materials.js';
import { box, rod, add } from './parts.js';

function plane(root, mat, x0, x1, y0, y1, z, tile) {
  const geo = new THREE.PlaneGeometry(x1 - x0, y1 - y0);
  if (tile) {
    const uv = geo.attributes.uv, p = geo.attributes.position;
    for (let i = 0; i < uv.count; i++) uv.setXY(i, (p.getX(i) + (x0 + x1) / 2) / tile, (p.getY(i) + (y0 + y1) / 2) / tile);
  }
  const m = new THREE.Mesh(geo, mat);
  m.position.set((x0 + x1) / 2, (y0 + y1) / 2, z);
  m.receiveShadow = true;
  root.add(m);
  return m;
}

const decal = (color, opacity, rough = 0.9) => {
  const m = ground({ color, roughness: rough, transparent: opacity < 1, opacity, polygonOffset: true, polygonOffsetFactor: -2, polygonOffsetUnits: -2 }, { variation: 0.35, scale: 2.2 });
  return m;
};

export function street(root, s, light) {
  const r = rng(s.seed), wet = light.wet ?? 0, W = s.width / 2, C = (s.crossWidth ?? 0) / 2, Y = s.crossY ?? 0, far = 260;
  const asphalt = ground({ map: tex.asphalt(s.asphalt ?? r.int(0, 3)), color: s.roadColor ?? 0xa6a6a8 }, { variation: 0.3, scale: 0.22, wet });
  plane(root, ground({ map: tex.grass(1), color: 0x9a9488 }, {}), -far, far, -far, far, -0.06, 4);
  plane(root, asphalt, -W, W, -far, far, 0, 4);
  if (C) { plane(root, asphalt, -far, -W, Y - C, Y + C, 0, 4); plane(root, asphalt, W, far, Y - C, Y + C, 0, 4); }
  markings(root, s, r, W, C, Y);
  skyline(root, rng(s.seed + 9), light);
  wear(root, s, r, W, wet);
  const spans = C ? [[-far, Y - C], [Y + C, far]] : [[-far, far]];
  for (const side of [-1, 1]) {
    const tee = C && s.tee === side;
    for (const [a, b] of tee ? [[-far, far]] : spans) verge(root, s, r, side, a, b, W, wet, light);
  }
  return r;
}

function markings(root, s, r, W, C, Y) {
  const white = decal(0xd6d5cd, 0.82), yellow = decal(0xcfa52c, 0.85), far = 200;
  const skip = (y) => C && Math.abs(y - Y) < C + 5;
  for (let y = -far; y < far; y += 6) {
    if (s.lanes === 2) { if (!skip(y)) plane(root, s.yellow ? yellow : white, -0.07, 0.07, y, y + 3, 0.006); continue; }
    if (!skip(y)) for (const q of [-1, 1]) plane(root, white, q * W * 0.5 - 0.07, q * W * 0.5 + 0.07, y, y + 2.6, 0.006);
    if (!skip(y) && !skip(y + 6)) for (const q of [-0.14, 0.14]) plane(root, yellow, q - 0.06, q + 0.06, y, y + 6, 0.006);
  }
  for (const q of [-1, 1]) for (let y = -far; y < far; y += 12) if (!skip(y) && !skip(y + 12)) plane(root, white, q * (W - 0.35) - 0.06, q * (W - 0.35) + 0.06, y, y + 12, 0.006);
  const zebra = (yc) => { for (let x = -W + 0.5; x < W - 0.4; x += 0.95) plane(root, white, x, x + 0.45, yc - 1.8, yc + 1.8, 0.007); };
  if (C) for (const q of [-1, 1]) zebra(Y + q * (C + 3));
  if (s.zebra != null) zebra(s.zebra);
}

function wear(root, s, r, W, wet) {
  const dark = decal(0x2a2a2c, 0.75), old = decal(0x8d8c88, 0.4), crack = decal(0x17171a, 0.8), iron = decal(0x43403d, 1, 0.6);
  for (let i = 0; i < 9; i++) {
    const x = r.range(-W, W - 2), y = r.range(-25, 70), w = r.range(0.7, 3), l = r.range(1.2, 9);
    plane(root, r.chance(0.55) ? dark : old, x, Math.min(x + w, W), y, y + l, 0.003);
  }
  for (let i = 0; i < 22; i++) ribbon(root, crack, r, r.range(-W, W), r.range(-20, 60), r.range(0, 7), r.range(3, 12), r.range(0.012, 0.035));
  for (let i = 0; i < 7; i++) {
    const m = new THREE.Mesh(new THREE.CircleGeometry(0.36, 24), iron);
    m.position.set(r.range(-W + 1, W - 1), r.range(-20, 60), 0.008);
    m.receiveShadow = true;
    root.add(m);
  }
  for (const q of [-1, 1]) plane(root, decal(0x3a3733, 0.35), q > 0 ? W - 0.9 : -W, q > 0 ? W : -W + 0.9, -150, 150, 0.002);
  const q = rng(s.seed + 5);
  if (wet) for (let i = 0; i < 26; i++) {
    const m = new THREE.Mesh(puddle(q), new THREE.MeshStandardMaterial({ color: 0x1c1d1f, roughness: 0.05, metalness: 0.1, transparent: true, opacity: 0.55, envMapIntensity: 1.2, polygonOffset: true, polygonOffsetFactor: -3, polygonOffsetUnits: -3 }));
    m.position.set(q.range(-W, W), q.range(-20, 60), 0.009);
    m.scale.set(q.range(0.3, 1.3), q.range(0.6, 3), 1);
    m.userData.ghost = true;
    root.add(m);
  }
}

function ribbon(root, mat, r, x, y, a, len, w) {
  const v = [], idx = [];
  for (let i = 0, n = Math.ceil(len / 0.25); i <= n; i++) {
    const k = w * r.range(0.5, 1.3), nx = -Math.sin(a) * k, ny = Math.cos(a) * k;
    v.push(x + nx, y + ny, 0.005, x - nx, y - ny, 0.005);
    if (i) { const b = 2 * i; idx.push(b - 2, b - 1, b, b, b - 1, b + 1); }
    a += r.range(-0.5, 0.5);
    x += 0.25 * Math.cos(a);
    y += 0.25 * Math.sin(a);
  }
  const geo = new THREE.BufferGeometry();
  geo.setAttribute('position', new THREE.Float32BufferAttribute(v, 3));
  geo.setIndex(idx);
  geo.computeVertexNormals();
  const m = new THREE.Mesh(geo, mat);
  m.material.side = THREE.DoubleSide;
  root.add(m);
}

function verge(root, s, r, side, a, b, W, wet, light) {
  const sw = s.pavement, gw = s.green, lo = (x0, x1) => (side > 0 ? [x0, x1] : [-x1, -x0]);
  const stone = ground({ color: 0xa9a6a0, roughness: 0.85 }, { variation: 0.4, scale: 1.5, wet: wet * 0.6 });
  const kerb = box(root, stone, [0.18, b - a, 0.16], [side * (W + 0.09), (a + b) / 2, 0.08]);
  kerb.castShadow = false;
  const inner = W + 0.18;
  const pave = ground({ map: tex.paving(s.paving ?? r.int(0, 3)), color: 0xcac6c0 }, { variation: 0.22, wet: wet * 0.7 });
  const turf = ground({ map: tex.grass(s.turf ?? r.int(0, 2)) }, { variation: 0.4, scale: 0.8 });
  if (gw > 0) plane(root, turf, ...lo(inner, inner + gw), a, b, 0.13, 2.2);
  plane(root, pave, ...lo(inner + gw, inner + gw + sw), a, b, 0.14, 2.4);
  const back = inner + gw + sw;
  const yard = s.yard ?? 0;
  if (yard > 0) plane(root, yardGround(s, turf, wet), ...lo(back, back + yard), a, b, 0.12, 3);
  const ys = Math.max(a, -40), ye = Math.min(b, 130);
  furniture(root, s, r, side, ys, ye, W, light);
  if (s.hoarding === side) fence(root, s, r, side, ys, ye, back);
  buildings(root, s, r, side, ys, ye, back + yard, light);
  plane(root, ground({ color: 0xaaa59c, map: tex.paving(2) }, { variation: 0.4, wet: wet * 0.6 }), ...lo(back + yard, back + yard + 40), a, b, 0.1, 4);
}

function yardGround(s, turf, wet) {
  if (s.pavedYard) return ground({ color: 0xb3b0a8, map: tex.paving(2) }, { variation: 0.35, wet: wet * 0.6 });
  return s.soilYard ? ground({ map: tex.soilTex() }, { variation: 0.4, scale: 0.6 }) : turf;
}

function fence(root, s, r, side, a, b, back) {
  const v = r.int(0, 3);
  for (let y = Math.max(a, s.hoardFrom ?? -10); y < Math.min(b, s.hoardTo ?? 60); y += 8) {
    const m = new THREE.Mesh(new THREE.BoxGeometry(0.08, 7.95, 2.2), ground({ map: tex.hoarding(v), roughness: 0.6 }, { variation: 0.12, scale: 1 }));
    uvSide(m.geometry, side);
    m.position.set(side * (back + 0.15), y + 4, 1.22);
    add(root, m);
    box(root, matte(0xd5d5d0), [0.14, 0.12, 2.5], [side * (back + 0.15), y, 1.3]);
  }
}

// BoxGeometry's side faces lie on their side in a z-up world: turn their texture upright.
function uvSide(geo, side, su = 1, sv = 1) {
  const uv = geo.attributes.uv, p = geo.attributes.position, n = geo.attributes.normal;
  geo.computeBoundingBox();
  const bb = geo.boundingBox, d = bb.max.clone().sub(bb.min);
  for (let i = 0; i < uv.count; i++) {
    const v = (p.getZ(i) - bb.min.z) / d.z;
    let u = Math.abs(n.getX(i)) > 0.5 ? (p.getY(i) - bb.min.y) / d.y : (p.getX(i) - bb.min.x) / d.x;
    if (n.getX(i) < -0.5 || n.getY(i) > 0.5) u = 1 - u;
    const len = Math.abs(n.getX(i)) > 0.5 ? d.y : d.x;
    uv.setXY(i, su === 'm' ? (u * len) / sv[0] : u, su === 'm' ? (v * d.z) / sv[1] : v);
  }
}

function buildings(root, s, r, side, a, b, back, light) {
  const lit = light.kind === 'dusk' || light.kind === 'night';
  for (let y = a; y < b;) {
    const len = Math.min(r.range(12, 34), b - y), h = r.pick(s.heights ?? [4.2, 6.5, 6.5, 9.5, 9.5, 16, 19]), set = r.range(0, 3.5), depth = r.range(9, 16);
    if (r.chance(s.gap ?? 0.12)) { y += len; continue; }
    const v = r.int(0, 24), [map, glow] = tex.facade(v, lit), x = side * (back + set + depth / 2), shop = h < 24 && r.chance(0.7) && !s.noShops, z0 = shop ? 3.6 : 0;
    const mat = new THREE.MeshStandardMaterial({ map, emissiveMap: glow, emissive: lit ? 0xffffff : 0x000000, emissiveIntensity: lit ? 0.9 : 0, roughness: v % 5 === 4 ? 0.25 : 0.85 });
    const body = new THREE.Mesh(new THREE.BoxGeometry(depth, len - 0.6, h - z0), mat);
    uvSide(body.geometry, side, 'm', [13, 12.4]);
    body.position.set(x, y + len / 2, z0 + (h - z0) / 2);
    add(root, body);
    box(root, matte(0x8f8a80), [depth + 0.4, len - 0.2, 0.4], [x, y + len / 2, h + 0.1]);
    if (shop) {
      const sv = r.int(0, 9), sm = new THREE.Mesh(new THREE.BoxGeometry(depth + 0.3, len - 0.5, 3.6), new THREE.MeshStandardMaterial({ map: tex.shopfront(sv, lit), roughness: 0.5, emissiveMap: lit ? tex.shopfront(sv, lit) : null, emissive: lit ? 0x665544 : 0 }));
      uvSide(sm.geometry, side, 'm', [15, 3.6]);
      sm.position.set(x, y + len / 2, 1.8);
      add(root, sm);
      box(root, matte(0x9a958c), [0.9, len - 0.5, 0.12], [x - side * (depth / 2 + 0.5), y + len / 2, 3.7]);
    }
    for (let i = 0; i < 3; i++) box(root, matte(0xa5a29b), [r.range(1, 3), r.range(1, 3), r.range(0.8, 2)], [x + r.range(-3, 3), y + r.range(2, Math.max(len - 2, 3)), h + 0.8]);
    y += len;
  }
}

function furniture(root, s, r, side, a, b, W, light) {
  const kx = side * (W + 0.18 + Math.max(s.green * 0.5, 0.7)), clear = s.clear ?? [];
  const free = (y, d) => !clear.some(([sd, y0, y1]) => sd === side && y > y0 - d && y < y1 + d) && !(s.crossWidth && Math.abs(y - s.crossY) < s.crossWidth / 2 + 3);
  if (s.trees > 0) for (let y = a + r.range(0, 6); y < b; y += s.trees * r.range(0.85, 1.15)) if (free(y, 1.5) && away(s, kx, y) > (s.treeFree ?? 15)) tree(root, r, kx, y, s.treeKind ?? 0, s.treeSize ?? 1);
  for (let y = a + r.range(3, 12); y < b; y += s.lampGap ?? 28) if ((free(y, 1) || light.kind === 'dusk') && away(s, side * (W + 0.7), y) > 9) lampPost(root, r, side, side * (W + 0.7), y, light);
  for (let i = 0; i < 3; i++) {
    const y = r.range(a, b);
    if (!free(y, 1)) continue;
    rod(root, steel(0x9a9c9c, 0.2), [side * (W + 0.5), y, 0], [side * (W + 0.5), y, 2.9], 0.04);
    const m = new THREE.Mesh(new THREE.PlaneGeometry(0.7, 0.7), new THREE.MeshStandardMaterial({ map: tex.sign(r.pick(['limit', 'park'])), alphaTest: 0.5, side: THREE.DoubleSide }));
    m.rotation.x = Math.PI / 2;
    m.position.set(side * (W + 0.5), y - 0.05, 2.6);
    add(root, m);
  }
  for (let i = 0; i < 4; i++) { const y = r.range(a, Math.min(b, 60)); if (free(y, 1)) box(root, paint(r.pick([0x2f6b3c, 0x5a5f63, 0x2c4f7c]), 0.4), [0.55, 0.6, 1.05], [side * (W + s.green + 1.2), y, 0.65]); }
  if (s.wires) { for (let y = a; y < b; y += 35) { rod(root, matte(0x8c8880), [side * (W + 1.1), y, 0], [side * (W + 1.1), y, 9], 0.14); box(root, matte(0x6f6a62), [1.6, 0.1, 0.1], [side * (W + 1.1), y, 8.4]); } }
}

function lampPost(root, r, side, x, y, light) {
  const m = steel(0x8b9093, 0.2), on = light.kind === 'dusk' || light.kind === 'night';
  rod(root, m, [x, y, 0], [x, y, 8.2], 0.085);
  rod(root, m, [x, y, 8.1], [x - side * 2.0, y, 8.7], 0.05);
  box(root, m, [0.75, 0.28, 0.12], [x - side * 2.2, y, 8.72]);
  box(root, lamp(0xffdca0, on ? 9 : 0.05), [0.6, 0.2, 0.03], [x - side * 2.2, y, 8.65]);
  box(root, m, [0.24, 0.24, 0.9], [x, y, 0.45]);
  if (on) (root.userData.lamps ??= []).push([x - side * 2.2, y, 8.5]);
}

export function tree(root, r, x, y, kind, size = 1) {
  const g = new THREE.Group(), h = r.range(2.2, 3.4) * size, bark = steel(0x4d4237, 0.3), cr = r.range(1.5, 2.5) * size;
  rod(g, bark, [0, 0, 0], [r.range(-0.2, 0.2), r.range(-0.2, 0.2), h + 0.8], 0.13 * size, 8);
  for (let i = 0; i < 5; i++) { const a = r.next() * 6.28; rod(g, bark, [0, 0, h * r.range(0.75, 1.05)], [Math.cos(a) * cr * 0.6, Math.sin(a) * cr * 0.6, h + r.range(0.8, 2.4) * size], 0.045 * size, 5); }
  const bare = kind === 4, map = bare ? tex.twigs() : tex.leaves(kind);
  const mat = new THREE.MeshLambertMaterial({ map, alphaTest: bare ? 0.35 : 0.45, side: THREE.DoubleSide, color: bare ? 0xffffff : new THREE.Color().setScalar(r.range(0.8, 1.25)) });
  add(g, new THREE.Mesh(crown(r, cr, h, bare), mat));
  g.position.set(x, y, 0.1);
  root.add(g);
}

// All leaf cards of a crown in one geometry; normals point out of the crown, so that it shades like a ball.
function crown(r, cr, h, bare) {
  const n = bare ? 30 : 46, pos = [], nor = [], uv = [], idx = [], e = new THREE.Euler(), q = new THREE.Quaternion(), v = new THREE.Vector3();
  for (let i = 0; i < n; i++) {
    const d = new THREE.Vector3(r.range(-1, 1), r.range(-1, 1), r.range(-0.75, 1));
    if (d.length() > 1) d.normalize();
    const out = d.clone().normalize(), size = cr * 0.48;
    e.set(r.next() * 6.28, r.next() * 6.28, r.next() * 6.28, 'XYZ');
    q.setFromEuler(e);
    for (const [a, b] of [[-1, -1], [1, -1], [1, 1], [-1, 1]]) {
      v.set(a * size, b * size, 0).applyQuaternion(q);
      pos.push(d.x * cr + v.x, d.y * cr + v.y, h + cr * 0.85 + d.z * cr * 0.95 + v.z);
      nor.push(out.x, out.y, out.z);
      uv.push((a + 1) / 2, (b + 1) / 2);
    }
    idx.push(4 * i, 4 * i + 1, 4 * i + 2, 4 * i, 4 * i + 2, 4 * i + 3);
  }
  const geo = new THREE.BufferGeometry();
  geo.setAttribute('position', new THREE.Float32BufferAttribute(pos, 3));
  geo.setAttribute('normal', new THREE.Float32BufferAttribute(nor, 3));
  geo.setAttribute('uv', new THREE.Float32BufferAttribute(uv, 2));
  geo.setIndex(idx);
  return geo;
}

// Far blocks that close the horizon.
function skyline(root, r, light) {
  const lit = light.kind === 'dusk' || light.kind === 'night';
  for (let i = 0; i < 34; i++) {
    const a = r.next() * 6.283, d = r.range(190, 330), h = r.range(8, 62), w = r.range(14, 40), v = r.int(0, 9), [map, glow] = tex.facade(v, lit);
    if (Math.abs(Math.cos(a) * d) < 22) continue;
    const m = new THREE.Mesh(new THREE.BoxGeometry(w, w * 0.6, h), new THREE.MeshLambertMaterial({ map, emissiveMap: glow, emissive: lit ? 0xffffff : 0, emissiveIntensity: 0.7 }));
    uvSide(m.geometry, 1, 'm', [13, 12.4]);
    m.position.set(Math.cos(a) * d, Math.sin(a) * d, h / 2);
    root.add(m);
  }
}

// Distance to the nearest camera of this scene: nobody mounts a camera inside a tree.
const away = (s, x, y) => Math.min(...(s.eyes ?? [s.eye]).map((e) => Math.hypot(x - e.x, y - e.y)));

function puddle(r) {
  const pts = [], ph = r.range(0, 6), n = 26;
  for (let i = 0; i < n; i++) { const a = (i / n) * 6.283, k = 0.7 + 0.22 * Math.sin(2 * a + ph) + 0.16 * Math.sin(3 * a - ph) + 0.08 * Math.sin(7 * a); pts.push(new THREE.Vector2(Math.cos(a) * k, Math.sin(a) * k)); }
  return new THREE.ShapeGeometry(new THREE.Shape(pts));
}
