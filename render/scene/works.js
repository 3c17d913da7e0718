// What stands around a dig: spoil piles, trench, plates, pipes.
import * as THREE from 'three';
import { rng } from './rng.js';
import * as tex from './textures.js';
import { ground, paint, steel, matte } from './materials.js';
import { add, box, rod } from './parts.js';

function mound(r, p) {
  const g = new THREE.Group(), rad = p.r ?? 1.8, h = p.h ?? 1.1, n = 28, rings = 9, v = [], uv = [], idx = [];
  const ph = [r.next() * 6, r.next() * 6, r.next() * 6];
  for (let i = 0; i <= rings; i++) for (let j = 0; j <= n; j++) {
    const t = i / rings, a = ((j % n) / n) * Math.PI * 2, w = 1 + 0.18 * Math.sin(2 * a + ph[0]) + 0.1 * Math.sin(5 * a + ph[1]);
    const d = rad * t * w, bump = 0.07 * h * (Math.sin(11 * a + 9 * t + ph[2]) + Math.sin(17 * t + 3 * a));
    const x = d * Math.cos(a) * (p.stretch ?? 1), y = d * Math.sin(a), z = Math.max(h * Math.pow(Math.cos((t * Math.PI) / 2), 1.15) + (t < 0.98 ? bump : 0), 0);
    v.push(x, y, z);
    uv.push(x / 1.5, y / 1.5);
    if (i && j) { const q = i * (n + 1) + j; idx.push(q - n - 2, q - 1, q, q - n - 2, q, q - n - 1); }
  }
  const geo = new THREE.BufferGeometry();
  geo.setAttribute('position', new THREE.Float32BufferAttribute(v, 3));
  geo.setAttribute('uv', new THREE.Float32BufferAttribute(uv, 2));
  geo.setIndex(idx);
  geo.computeVertexNormals();
  const mat = ground({ map: tex.soilTex(), color: p.color ?? 0xd8c8b4 }, { variation: 0.5, scale: 1.2 });
  mat.side = THREE.DoubleSide;
  add(g, new THREE.Mesh(geo, mat));
  for (let i = 0; i < 16; i++) {
    const a = r.next() * 6.28, d = rad * r.range(0.7, 1.35), s = r.range(0.05, 0.16);
    const m = add(g, new THREE.Mesh(new THREE.DodecahedronGeometry(s, 0), paint(0x6d5a45, 0.8, 1)));
    m.position.set(d * Math.cos(a) * (p.stretch ?? 1), d * Math.sin(a), s * 0.5);
  }
  return g;
}

// An open trench: dark inside, walls of soil, broken asphalt along the edge; a drawn hole, since the road is one plane.
function trench(r, p) {
  const g = new THREE.Group(), L = p.len ?? 6, W = p.w ?? 1.1;
  const edge = ground({ map: tex.soilTex(), color: 0xc9b89f, polygonOffset: true, polygonOffsetFactor: -3, polygonOffsetUnits: -3 }, { variation: 0.5, scale: 1.4 });
  const rim = add(g, new THREE.Mesh(new THREE.PlaneGeometry(L + 0.9, W + 0.8), edge));
  rim.position.z = 0.012;
  const dark = ground({ map: tex.soilTex(), color: 0x4a3c2e, polygonOffset: true, polygonOffsetFactor: -5, polygonOffsetUnits: -5 }, { variation: 0.6, scale: 1.8 });
  const hole = add(g, new THREE.Mesh(new THREE.PlaneGeometry(L, W), dark));
  hole.position.z = 0.018;
  const shade = add(g, new THREE.Mesh(new THREE.PlaneGeometry(L, W * 0.5), new THREE.MeshStandardMaterial({ color: 0x17120d, roughness: 1, polygonOffset: true, polygonOffsetFactor: -7, polygonOffsetUnits: -7 })));
  shade.position.set(0, -W * 0.25, 0.022);
  for (let i = 0; i < 26; i++) {
    const s = r.range(0.1, 0.38), side = r.chance(0.5) ? 1 : -1;
    box(g, paint(r.chance(0.5) ? 0x3a3a3b : 0x6d5a45, 0.7, 1), [s, s * 0.8, s * 0.35], [r.range(-L / 2, L / 2), side * (W / 2 + r.range(0.05, 0.4)), s * 0.15], [r.range(-0.3, 0.3), r.range(-0.3, 0.3), r.next() * 6]);
  }
  return g;
}

function pipes(r, p) {
  const g = new THREE.Group(), m = paint(p.color ?? 0xd8b21c, 0.4, 0.5);
  for (let i = 0; i < 3; i++) rod(g, m, [-3, i * 0.36 - 0.36, 0.17], [3, i * 0.36 - 0.36, 0.17], 0.16, 16);
  return g;
}

function dirt(r, p) {
  const g = new THREE.Group(), L = p.len ?? 9, W = p.w ?? 5, n = 24, pts = [];
  for (let i = 0; i < n; i++) { const a = (i / n) * 6.283, k = r.range(0.8, 1.08); pts.push(new THREE.Vector2((Math.cos(a) * L * k) / 2, (Math.sin(a) * W * k) / 2)); }
  const geo = new THREE.ShapeGeometry(new THREE.Shape(pts)), uv = geo.attributes.uv;
  for (let i = 0; i < uv.count; i++) uv.setXY(i, uv.getX(i) / 2, uv.getY(i) / 2);
  const m = add(g, new THREE.Mesh(geo, ground({ map: tex.soilTex(), transparent: true, opacity: p.opacity ?? 0.8, polygonOffset: true, polygonOffsetFactor: -2, polygonOffsetUnits: -2 }, { variation: 0.6, scale: 0.9 })));
  m.position.z = p.z ?? 0.01;
  m.castShadow = false;
  return g;
}

function hoardPanel(r, p) {
  const g = new THREE.Group();
  for (let i = 0; i < (p.n ?? 3); i++) {
    const geo = new THREE.BoxGeometry(3, 0.06, 2.0), uv = geo.attributes.uv, q = geo.attributes.position;
    for (let k = 0; k < uv.count; k++) uv.setXY(k, (q.getX(k) + 1.5) / 8 + i * 0.37, (q.getZ(k) + 1) / 2);
    const m = add(g, new THREE.Mesh(geo, ground({ map: tex.hoarding(p.v ?? 0), roughness: 0.6 }, { variation: 0.12, scale: 1 })));
    m.position.set((i - ((p.n ?? 3) - 1) / 2) * 3.02, 0, 1.1);
  }
  return g;
}

export const works = { mound, trench, pipes, dirt, hoardPanel };
