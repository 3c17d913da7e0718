// The other machines: wheel loader, bulldozer, tipper, mixer, truck crane, roller, drilling rig.
import * as THREE from 'three';
import { box, profile, rod, hydraulic, track, wheel, contactShadow, add } from './parts.js';
import { paint, steel, rubber, chrome, glass, lamp } from './materials.js';

const rad = (d) => (d * Math.PI) / 180;
const soil = () => paint(0x5f4a33, 0.9, 1);

function common(p, r) {
  const dust = p.dust ?? r.range(0.3, 0.85);
  return { paint: paint(p.color ?? 0xe8a814, dust), dark: paint(0x26282b, dust, 0.65), frame: steel(0x2c2a28, 0.9), track: steel(0x35312c, 0.9),
    bucket: steel(0x4a4238, 0.9), chrome: chrome(), glass: glass(), rubber: rubber(), rim: paint(p.rim ?? p.color ?? 0xe8a814, dust), grey: paint(0x77797a, 0.5),
    white: paint(0xe6e6e2, 0.4), lamp: lamp(0xfff3cf, p.lights ? 3 : 0.15), red: lamp(0xa01812, p.lights ? 1.5 : 0.1) };
}

function boxCab(g, m, x0, x1, y, w, z0, z1) {
  box(g, m.paint, [x1 - x0, w, (z1 - z0) * 0.4], [(x0 + x1) / 2, y, z0 + (z1 - z0) * 0.2]);
  box(g, m.glass, [x1 - x0 - 0.06, w - 0.06, (z1 - z0) * 0.6], [(x0 + x1) / 2, y, z0 + (z1 - z0) * 0.68]);
  box(g, m.paint, [x1 - x0 + 0.12, w + 0.1, 0.12], [(x0 + x1) / 2, y, z1]);
  for (const x of [x0 + 0.03, x1 - 0.03]) for (const s of [-1, 1]) rod(g, m.dark, [x, y + (s * w) / 2 - s * 0.03, z0], [x, y + (s * w) / 2 - s * 0.03, z1], 0.05, 6);
}

export function loader(r, p) {
  const g = new THREE.Group(), m = common(p, r), b = new THREE.Group();
  b.scale.setScalar(p.scale ?? 1);
  g.add(b);
  for (const x of [-1.5, 1.5]) for (const y of [-1.0, 1.0]) wheel(b, m.rubber, m.rim, 0.74, 0.58, [x, y, 0.74], 16);
  profile(b, m.paint, [[-3.3, 0.75], [-3.35, 1.6], [-3.0, 1.85], [-0.75, 2.0], [-0.7, 0.7]], 1.55, 0, 0.06);
  box(b, m.dark, [0.06, 1.3, 0.7], [-3.36, 0, 1.25]);
  profile(b, m.paint, [[-2.3, 1.45], [-2.1, 1.6], [-0.9, 1.6], [-0.7, 1.45]], 2.5, 0, 0.03);
  boxCab(b, m, -0.75, 0.7, 0, 1.4, 1.2, 3.3);
  profile(b, m.paint, [[0.4, 0.6], [0.5, 1.3], [1.2, 1.75], [2.0, 1.5], [2.1, 0.7]], 0.9, 0, 0.04);
  profile(b, m.paint, [[0.9, 1.35], [1.0, 1.5], [2.1, 1.5], [2.2, 1.3]], 2.4, 0, 0.03);
  const a = new THREE.Group();
  a.position.set(1.15, 0, 1.7);
  a.rotation.y = rad(p.lift ?? 32);
  b.add(a);
  for (const y of [-0.45, 0.45]) profile(a, m.paint, [[-0.15, -0.12], [-0.1, 0.15], [1.2, 0.28], [2.5, 0.1], [2.5, -0.14], [1.2, -0.12]], 0.14, y, 0.02);
  hydraulic(a, m.dark, m.chrome, [-0.2, 0, 0.4], [1.3, 0, 0.55], 0.09);
  rod(a, m.dark, [1.3, 0, 0.55], [2.5, 0, 0.35], 0.07);
  const k = new THREE.Group();
  k.position.set(2.5, 0, 0);
  k.rotation.y = -rad((p.lift ?? 32) + (p.curl ?? 8));
  a.add(k);
  const outer = [[0.05, 0.75], [-0.05, 0.2], [0.1, -0.25], [0.35, -0.36], [1.15, -0.4]];
  profile(k, m.bucket, [...outer, [1.1, -0.34], [0.38, -0.3], [0.18, -0.2], [0.05, 0.2], [0.12, 0.75]], 2.75, 0, 0.01);
  for (const y of [-1.35, 1.35]) profile(k, p.bucketPaint ? m.paint : m.bucket, [...outer, [0.75, 0.45]], 0.06, y, 0.01);
  contactShadow(g, 7 * (p.scale ?? 1), 2.7 * (p.scale ?? 1));
  return g;
}

export function dozer(r, p) {
  const g = new THREE.Group(), m = common(p, r);
  for (const y of [-1.0, 1.0]) track(g, m, 3.6, 1.0, 0.52, y);
  profile(g, m.paint, [[-1.5, 0.6], [-1.6, 1.5], [-0.4, 1.6], [0.2, 1.75], [1.95, 1.6], [2.05, 0.6]], 1.25, 0, 0.05);
  for (let i = 0; i < 6; i++) box(g, m.dark, [0.05, 1.0, 0.07], [2.06, 0, 0.85 + i * 0.12]);
  boxCab(g, m, -1.25, 0.25, 0, 1.5, 1.4, 3.05);
  rod(g, m.dark, [0.9, 0.3, 1.6], [0.9, 0.3, 2.4], 0.07);
  profile(g, m.paint, [[2.75, 0.1], [2.62, 0.5], [2.72, 1.15], [2.62, 1.2], [2.5, 0.6], [2.62, 0.1]], 3.3, 0, 0.02);
  for (const y of [-1.4, 1.4]) box(g, m.paint, [2.6, 0.16, 0.24], [1.3, y, 0.5]);
  for (const y of [-0.35, 0.35]) hydraulic(g, m.dark, m.chrome, [1.9, y, 1.4], [2.55, y, 0.8], 0.07);
  contactShadow(g, 5, 2.9);
  return g;
}

// Flat-nosed heavy lorry chassis; returns the group and where the bed starts.
function chassis(g, m, axles, len, cabColour) {
  const cab = cabColour ? { ...m, paint: cabColour } : m;
  box(g, m.frame, [len - 0.4, 0.9, 0.28], [-0.2, 0, 0.95]);
  for (const x of axles) {
    for (const s of [-1, 1]) wheel(g, m.rubber, m.grey, 0.52, x > len / 4 ? 0.32 : 0.56, [x, s * (x > len / 4 ? 1.06 : 0.95), 0.52]);
  }
  const f = len / 2;
  profile(g, cab.paint, [[f - 2.1, 0.75], [f - 2.1, 2.85], [f - 1.9, 3.0], [f - 0.45, 2.95], [f - 0.2, 2.55], [f - 0.02, 1.75], [f, 0.6], [f - 0.35, 0.6]], 2.42, 0, 0.06);
  profile(g, m.glass, [[f - 0.27, 2.56], [f - 0.19, 2.55], [f - 0.02, 1.84], [f - 0.1, 1.8]], 2.2, 0, 0.02);
  for (const s of [-1, 1]) {
    profile(g, m.glass, [[f - 1.35, 1.8], [f - 1.3, 2.5], [f - 0.5, 2.5], [f - 0.25, 1.75]], 0.03, s * 1.2, 0.005);
    box(g, m.lamp, [0.06, 0.4, 0.2], [f, s * 0.9, 0.85]);
    box(g, m.dark, [0.1, 0.16, 0.55], [f - 0.1, s * 1.42, 2.0]);
    box(g, m.dark, [1.2, 0.5, 0.5], [f - 3.0, s * 0.95, 0.75]);
    box(g, m.red, [0.05, 0.3, 0.15], [-f, s * 0.9, 0.95]);
  }
  box(g, m.dark, [0.08, 2.36, 0.42], [f + 0.01, 0, 0.6]);
  box(g, m.dark, [0.04, 1.7, 0.35], [f + 0.0, 0, 1.35]);
  return f - 2.2;
}

export function dumpTruck(r, p) {
  const g = new THREE.Group(), m = common(p, r), len = p.long ? 9.6 : 8.2;
  const axles = p.long ? [3.4, 1.6, -2.0, -3.35] : [2.75, -1.6, -2.95];
  const front = chassis(g, m, axles, len, null), back = -len / 2 + 0.1;
  const bed = new THREE.Group();
  bed.position.set(back + 0.4, 0, 1.15);
  bed.rotation.y = -rad(p.tip ?? 0);
  g.add(bed);
  const L = front - back - 0.5, paintBed = p.bedColor ? paint(p.bedColor, 0.8) : m.paint;
  box(bed, paintBed, [L, 2.3, 0.14], [L / 2 - 0.2, 0, 0.1]);
  const top = p.bedHeight ?? 1.45;
  for (const s of [-1, 1]) {
    box(bed, paintBed, [L, 0.08, top], [L / 2 - 0.2, s * 1.2, 0.1 + top / 2]);
    for (let i = 0; i <= 8; i++) box(bed, paintBed, [0.11, 0.1, top], [-0.15 + ((L - 0.1) * i) / 8, s * 1.27, 0.1 + top / 2]);
    box(bed, paintBed, [L, 0.14, 0.14], [L / 2 - 0.2, s * 1.25, 0.1 + top]);
  }
  box(bed, paintBed, [0.08, 2.4, top], [-0.2, 0, 0.1 + top / 2]);
  box(bed, paintBed, [0.08, 2.4, top + 0.25], [L - 0.2, 0, 0.2 + top / 2]);
  box(bed, paintBed, [0.9, 2.3, 0.07], [L + 0.15, 0, 0.35 + top]);
  if (p.load) {
    const s = add(bed, new THREE.Mesh(new THREE.SphereGeometry(1, 20, 12, 0, Math.PI * 2, 0, Math.PI / 2), soil()));
    s.rotation.x = Math.PI / 2;
    s.scale.set(L / 2 - 0.05, 0.75, 1.12);
    s.position.set(L / 2 - 0.2, 0, top - 0.25);
  }
  if ((p.tip ?? 0) > 5) hydraulic(g, m.dark, m.chrome, [front - 0.4, 0, 1.0], [back + 0.4 + (L - 0.5) * Math.cos(rad(p.tip)), 0, 1.2 + (L - 0.5) * Math.sin(rad(p.tip))], 0.12);
  contactShadow(g, len, 2.5);
  return g;
}

export function mixer(r, p) {
  const g = new THREE.Group(), m = common(p, r), len = 9.2;
  chassis(g, m, [3.2, 1.4, -1.9, -3.2], len, null);
  const pts = [[0.35, -3.0], [0.75, -2.6], [1.2, -0.6], [1.2, 0.3], [0.8, 1.9], [0.55, 2.4]].map(([a, b]) => new THREE.Vector2(a, b));
  const drum = add(g, new THREE.Mesh(new THREE.LatheGeometry(pts, 28), paint(p.drumColor ?? 0xe9e9e4, 0.5)));
  drum.position.set(-0.9, 0, 2.55);
  drum.rotation.set(0, 0, Math.PI / 2 - 0.24);
  drum.rotation.order = 'ZYX';
  drum.rotation.set(0, rad(13), Math.PI / 2);
  box(g, m.frame, [0.3, 1.6, 1.4], [-3.3, 0, 1.7]);
  profile(g, m.dark, [[-4.3, 2.6], [-3.4, 3.3], [-3.2, 3.3], [-4.1, 2.4]], 1.0, 0, 0.02);
  contactShadow(g, len, 2.5);
  return g;
}

export function crane(r, p) {
  const g = new THREE.Group(), m = common(p, r), len = 12;
  box(g, m.paint, [11, 2.4, 0.5], [-0.4, 0, 1.15]);
  for (const x of [4.2, 2.6, -2.4, -3.8]) for (const s of [-1, 1]) wheel(g, m.rubber, m.grey, 0.54, 0.42, [x, s * 1.0, 0.54]);
  profile(g, m.paint, [[4.3, 0.6], [4.3, 2.4], [4.6, 2.6], [5.6, 2.55], [5.85, 1.7], [6.0, 0.6]], 2.4, 0, 0.06);
  profile(g, m.glass, [[5.62, 2.45], [5.85, 1.75], [5.92, 1.75], [5.7, 2.48]], 2.2, 0, 0.01);
  for (const s of [-1, 1]) profile(g, m.glass, [[4.5, 1.65], [4.6, 2.4], [5.5, 2.4], [5.75, 1.65]], 0.03, s * 1.2, 0.005);
  if (p.outriggers) for (const x of [1.3, -4.7]) for (const s of [-1, 1]) {
    box(g, m.paint, [0.3, 2.2, 0.3], [x, s * 1.9, 0.9]);
    rod(g, m.chrome, [x, s * 2.9, 0.1], [x, s * 2.9, 1.0], 0.1);
    box(g, m.dark, [0.6, 0.6, 0.1], [x, s * 2.9, 0.06]);
  }
  const up = new THREE.Group();
  up.position.set(-2.2, 0, 1.45);
  up.rotation.z = rad(p.swing ?? 0);
  g.add(up);
  rod(up, m.frame, [0, 0, 0], [0, 0, 0.3], 0.8, 20);
  profile(up, m.paint, [[-2.4, 0.3], [-2.5, 1.2], [-1.2, 1.6], [0.6, 1.5], [1.3, 0.3]], 1.5, 0, 0.05);
  boxCab(up, m, 0.2, 1.7, 1.15, 0.8, 0.1, 1.75);
  const boom = new THREE.Group();
  boom.position.set(-1.4, -0.1, 1.5);
  boom.rotation.y = -rad(p.luff ?? 3);
  up.add(boom);
  const ext = p.extend ?? 0;
  box(boom, m.paint, [9.2, 0.66, 0.8], [4.4, 0, 0.1]);
  for (let i = 0; i < 3; i++) box(boom, m.paint, [1 + ext, 0.58 - i * 0.1, 0.7 - i * 0.12], [9 + i * ext + ext / 2, 0, 0.1]);
  const tip = 9.4 + 3 * ext;
  box(boom, m.dark, [0.5, 0.5, 0.8], [tip + 0.2, 0, 0]);
  hydraulic(boom, m.dark, m.chrome, [1.9, 0, -1.0], [4.6, 0, -0.25], 0.18);
  if ((p.luff ?? 3) > 20) {
    const z = 1.5 + 1.45 + (tip + 0.2) * Math.sin(rad(p.luff)), drop = Math.max(z - (p.hook ?? 4), 1);
    const line = new THREE.Group();
    line.position.set(tip + 0.3, 0, -0.3);
    line.rotation.y = rad(p.luff);
    boom.add(line);
    rod(line, m.dark, [0, 0, 0], [0, 0, -drop], 0.03, 6);
    box(line, paint(0xd8a010, 0.5), [0.3, 0.3, 0.6], [0, 0, -drop]);
  }
  contactShadow(g, len, 2.6);
  return g;
}

export function roller(r, p) {
  const g = new THREE.Group(), m = common(p, r);
  const drum = add(g, new THREE.Mesh(new THREE.CylinderGeometry(0.75, 0.75, 2.1, 28), steel(0x77736c, 0.6)));
  drum.position.set(1.7, 0, 0.75);
  for (const s of [-1, 1]) {
    box(g, m.paint, [2.2, 0.14, 0.4], [1.6, s * 1.15, 0.8]);
    wheel(g, m.rubber, m.rim, 0.75, 0.55, [-1.5, s * 0.8, 0.75], 14);
  }
  profile(g, m.paint, [[-2.6, 0.7], [-2.7, 1.5], [-0.9, 1.75], [-0.6, 0.6]], 1.5, 0, 0.06);
  box(g, m.paint, [0.9, 1.2, 0.5], [0.35, 0, 0.8]);
  boxCab(g, m, -0.85, 0.6, 0, 1.45, 1.2, 3.0);
  contactShadow(g, 5.4, 2.3);
  return g;
}

export function drill(r, p) {
  const g = new THREE.Group(), m = common(p, r);
  for (const y of [-1.2, 1.2]) track(g, m, 4.6, 0.95, 0.65, y);
  box(g, m.frame, [2.4, 1.9, 0.4], [0, 0, 0.65]);
  profile(g, m.paint, [[-3.2, 1.1], [-3.3, 2.5], [-0.4, 2.6], [0.3, 2.2], [0.4, 1.1]], 2.6, 0, 0.06);
  boxCab(g, m, 0.3, 1.8, 0.85, 0.95, 1.15, 2.95);
  const h = p.mast ?? 14;
  box(g, m.paint, [0.7, 0.75, h], [2.9, -0.1, 0.9 + h / 2]);
  for (let z = 2; z < h; z += 1.2) box(g, m.dark, [0.74, 0.5, 0.12], [2.9, -0.1, z]);
  rod(g, m.chrome, [3.45, -0.1, 0.2], [3.45, -0.1, h + 1.5], 0.16);
  rod(g, m.bucket, [3.45, -0.1, 0.15], [3.45, -0.1, 1.5], 0.5, 16);
  box(g, m.dark, [0.8, 0.9, 0.9], [3.3, -0.1, 4.2]);
  for (const s of [-0.5, 0.5]) hydraulic(g, m.dark, m.chrome, [0.6, s - 0.1, 2.0], [2.6, s * 0.6 - 0.1, 6.5], 0.13);
  profile(g, m.paint, [[0.3, 1.4], [0.5, 2.2], [2.6, 3.6], [2.6, 2.9]], 0.6, -0.1, 0.03);
  box(g, m.paint, [1.5, 0.6, 0.4], [3.1, -0.1, h + 1.0]);
  contactShadow(g, 6, 3.4);
  return g;
}
