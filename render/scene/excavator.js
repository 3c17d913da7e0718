// Excavators: 20-t class by default (9.5 m over all folded, 2.8 m wide, cab roof at 3 m), scaled down to minis.
import * as THREE from 'three';
import { box, profile, slab, rod, hydraulic, track, wheel, contactShadow, add } from './parts.js';
import { paint, steel, rubber, chrome, glass, lamp } from './materials.js';

const BOOM = [[-0.28, -0.16], [-0.2, 0.26], [0.6, 0.62], [1.7, 1.1], [2.35, 1.3], [2.9, 1.26], [3.6, 1.0], [5.72, 0.24],
  [5.92, 0.05], [5.86, -0.16], [5.6, -0.2], [3.7, 0.34], [2.9, 0.56], [2.35, 0.56], [1.7, 0.38], [0.3, -0.26]];
const STICK = [[-0.78, 0.02], [-0.74, 0.24], [-0.55, 0.32], [0.25, 0.42], [0.6, 0.4], [2.75, 0.16], [2.92, 0.04],
  [2.9, -0.12], [2.7, -0.16], [0.5, -0.28], [0.1, -0.3], [-0.2, -0.16]];
const BUCKET = [[-0.06, 0.02], [-0.02, 0.3], [0.18, 0.58], [0.5, 0.74], [0.86, 0.68], [1.15, 0.44], [1.36, 0.1], [1.42, -0.04]];
const rad = (d) => (d * Math.PI) / 180;

export function excavator(r, p) {
  const g = new THREE.Group();
  const s = p.scale ?? 1;
  const dust = p.dust ?? r.range(0.35, 0.9);
  const mats = {
    paint: paint(p.color ?? 0xe8a814, dust), boom: paint(p.boomColor ?? p.color ?? 0xe8a814, dust * 0.7),
    dark: paint(p.trim ?? 0x25272a, dust * 0.8, 0.6), track: steel(0x35312c, 0.9), frame: steel(0x2c2a28, 0.9),
    bucket: steel(0x4a4238, 0.9), chrome: chrome(), glass: glass(), grey: paint(0x6d6f70, 0.5), lamp: lamp(0xfff3cf, p.lights ? 3 : 0.15),
  };
  const rig = new THREE.Group();
  rig.scale.setScalar(s);
  g.add(rig);
  const deck = p.wheels ? wheeled(rig, mats) : crawler(rig, mats, p);
  const house = new THREE.Group();
  house.position.z = deck;
  house.rotation.z = rad(p.swing ?? 0);
  rig.add(house);
  upper(house, mats, p, r);
  arm(house, mats, p, deck, r);
  contactShadow(g, 4.6 * s, 3.2 * s, 0.6);
  return g;
}

function crawler(rig, mats, p) {
  for (const y of [-1.1, 1.1]) track(rig, mats, 4.25, 0.95, 0.6, y);
  box(rig, mats.frame, [2.2, 1.7, 0.4], [0, 0, 0.62]);
  rod(rig, mats.frame, [0, 0, 0.8], [0, 0, 1.12], 0.62, 20);
  if (p.blade) {
    profile(rig, mats.paint, [[2.45, 0.1], [2.62, 0.1], [2.5, 0.45], [2.62, 0.85], [2.5, 0.85], [2.38, 0.45]], 2.8);
    for (const y of [-0.6, 0.6]) box(rig, mats.paint, [1.3, 0.16, 0.18], [1.8, y, 0.55]);
  }
  return 1.12;
}

function wheeled(rig, mats) {
  const tyre = rubber();
  for (const x of [-1.4, 1.4]) for (const y of [-0.95, 0.95]) wheel(rig, tyre, mats.paint, 0.54, 0.62, [x, y, 0.54], 14);
  box(rig, mats.paint, [3.9, 1.1, 0.5], [0, 0, 0.85]);
  box(rig, mats.frame, [0.5, 2.3, 0.22], [1.4, 0, 0.6]);
  box(rig, mats.frame, [0.5, 2.3, 0.22], [-1.4, 0, 0.6]);
  profile(rig, mats.paint, [[2.2, 0.25], [2.34, 0.25], [2.3, 0.8], [2.16, 0.8]], 2.3);
  rod(rig, mats.frame, [0, 0, 0.9], [0, 0, 1.25], 0.55, 18);
  return 1.25;
}

function upper(h, mats, p, r) {
  box(h, mats.dark, [3.9, 2.5, 0.16], [-0.35, 0, 0.12]);
  // counterweight with its round back
  const back = [];
  for (let i = 0; i <= 8; i++) { const a = -0.56 + (1.12 * i) / 8; back.push([-2.75 * Math.cos(a * 0.75) + 0.0, 2.55 * Math.sin(a)]); }
  slab(h, mats.paint, [[-1.75, -1.36], ...back, [-1.75, 1.36]], 0.08, 1.12, 0.1);
  profile(h, mats.paint, [[-2.55, 1.05], [-2.3, 1.2], [-0.25, 1.2], [-0.2, 0.22], [-1.9, 0.22]], 2.62, 0, 0.06);
  box(h, mats.dark, [0.9, 0.9, 0.1], [-1.25, -0.2, 1.24]);
  rod(h, mats.dark, [-1.7, 0.55, 1.15], [-1.7, 0.55, 1.72], 0.07);
  for (let i = 0; i < 6; i++) box(h, mats.dark, [0.06, 0.02, 0.5], [-1.5 + i * 0.13, 1.315, 0.72]);
  for (let i = 0; i < 6; i++) box(h, mats.dark, [0.06, 0.02, 0.5], [-1.5 + i * 0.13, -1.315, 0.72]);
  box(h, mats.dark, [0.9, 0.025, 0.28], [-2.0, 1.3, 0.72]);
  box(h, mats.dark, [0.9, 0.025, 0.28], [-2.0, -1.3, 0.72]);
  profile(h, mats.paint, [[-0.3, 0.2], [-0.3, 1.02], [0.55, 1.02], [1.3, 0.72], [1.42, 0.2]], 0.66, -0.98, 0.05);
  for (const [a, b] of [[[-0.2, -1.25, 1.0], [-0.2, -1.25, 1.5]], [[0.6, -1.25, 1.0], [0.6, -1.25, 1.5]], [[-0.2, -1.25, 1.5], [0.6, -1.25, 1.5]]]) {
    rod(h, mats.dark, a, b, 0.022, 6);
  }
  cab(h, mats, p);
  // towers that carry the boom foot
  for (const y of [-0.42, 0.26]) profile(h, mats.dark, [[-0.35, 0.15], [0.2, 0.85], [0.55, 0.85], [1.15, 0.15]], 0.1, y, 0.01);
  box(h, mats.dark, [0.1, 0.6, 0.3], [-0.3, -0.1, 1.2]);
}

function cab(h, mats, p) {
  const y = 0.86, w = 0.96;
  if (p.canopy) {
    for (const x of [-0.25, 1.2]) for (const dy of [-0.42, 0.42]) rod(h, mats.dark, [x, y + dy, 0.2], [x, y + dy, 1.85], 0.04, 8);
    box(h, mats.paint, [1.8, 1.05, 0.09], [0.48, y, 1.9]);
    box(h, mats.dark, [0.5, 0.5, 0.5], [0.1, y, 0.5]);
    box(h, mats.dark, [0.12, 0.5, 0.6], [-0.1, y, 0.95]);
    return;
  }
  profile(h, mats.paint, [[-0.3, 0.2], [-0.3, 0.86], [1.42, 0.7], [1.52, 0.55], [1.5, 0.2]], w, y, 0.03);
  profile(h, mats.glass, [[-0.24, 0.84], [-0.2, 1.8], [1.02, 1.84], [1.47, 0.95], [1.42, 0.68]], w - 0.05, y, 0.02);
  profile(h, p.darkCab === false ? mats.paint : mats.dark, [[-0.32, 1.78], [-0.3, 1.92], [1.0, 1.95], [1.12, 1.84], [1.0, 1.8]], w + 0.04, y, 0.03);
  for (const dy of [-w / 2 + 0.03, w / 2 - 0.03]) {
    for (const [a, b, t] of [[[-0.26, 0.8], [-0.24, 1.82], 0.06], [[0.42, 0.75], [0.4, 1.82], 0.045], [[1.5, 0.6], [1.44, 0.98], 0.04], [[1.45, 0.96], [1.04, 1.84], 0.045], [[-0.26, 1.12], [0.42, 1.08], 0.02]]) {
      rod(h, mats.dark, [a[0], y + dy, a[1]], [b[0], y + dy, b[1]], t, 6);
    }
  }
  rod(h, mats.dark, [1.5, y - 0.45, 0.95], [1.5, y + 0.45, 0.95], 0.025, 6);
  box(h, mats.lamp, [0.06, 0.16, 0.1], [1.06, y - 0.25, 2.0]);
  box(h, mats.lamp, [0.06, 0.16, 0.1], [1.06, y + 0.25, 2.0]);
  rod(h, mats.dark, [1.2, y + 0.52, 1.2], [1.45, y + 0.75, 1.25], 0.02, 6);
  box(h, mats.dark, [0.05, 0.2, 0.32], [1.45, y + 0.8, 1.3]);
}

function arm(h, mats, p, deck, r) {
  const foot = [0.42, -0.08, 0.72];
  let pose = { boom: p.boom ?? 38, stick: p.stick ?? -78, bucket: p.bucket ?? -150 };
  const low = (p.reachBelow ?? 0) + 0.02;
  for (let i = 0; i < 40 && lowest(pose, foot, deck) < -low; i++) pose = { ...pose, boom: pose.boom + 1.5 };
  const boom = new THREE.Group();
  boom.position.set(...foot);
  boom.rotation.y = -rad(pose.boom);
  h.add(boom);
  profile(boom, mats.boom, BOOM, 0.46, 0, 0.03);
  rod(boom, mats.dark, [0, -0.32, 0], [0, 0.32, 0], 0.13);
  rod(boom, mats.dark, [5.74, -0.3, 0.02], [5.74, 0.3, 0.02], 0.14);
  box(boom, mats.lamp, [0.14, 0.16, 0.14], [2.6, 0.32, 0.95]);
  rod(boom, mats.dark, [0.4, 0.2, 0.6], [2.3, 0.2, 1.36], 0.03, 6);
  rod(boom, mats.dark, [2.4, 0.2, 1.36], [5.2, 0.2, 0.5], 0.03, 6);
  // boom cylinders stand on the deck: express their foot in the boom's frame
  const c = Math.cos(rad(pose.boom)), s = Math.sin(rad(pose.boom));
  const dx = 1.28 - foot[0], dz = 0.42 - foot[2];
  for (const y of [-0.36, 0.36]) hydraulic(boom, mats.dark, mats.chrome, [dx * c + dz * s, y, -dx * s + dz * c], [2.75, y, 0.82], 0.1);
  const stick = new THREE.Group();
  stick.position.set(5.74, 0, 0.02);
  stick.rotation.y = -rad(pose.stick - pose.boom);
  boom.add(stick);
  profile(stick, mats.boom, STICK, 0.36, 0, 0.025);
  const ds = rad(pose.stick - pose.boom);
  const end = [5.74 - 0.68 * Math.cos(ds) - 0.2 * Math.sin(ds), 0, 0.02 - 0.68 * Math.sin(ds) + 0.2 * Math.cos(ds)];
  hydraulic(boom, mats.dark, mats.chrome, [2.55, 0, 1.45], end, 0.11);
  hydraulic(stick, mats.dark, mats.chrome, [0.15, 0, 0.55], [2.35, 0, 0.42], 0.085);
  for (const y of [-0.22, 0.22]) rod(stick, mats.dark, [2.45, y, 0.05], [2.35, y, 0.44], 0.05, 6);
  tool(stick, mats, p, pose);
}

function tool(stick, mats, p, pose) {
  const b = new THREE.Group();
  b.position.set(2.84, 0, 0);
  stick.add(b);
  if (p.tool === 'hammer') {
    b.rotation.y = 0;
    box(b, mats.dark, [1.5, 0.42, 0.46], [0.85, 0, 0.05]);
    rod(b, mats.chrome, [1.5, 0, 0.05], [2.35, 0, 0.05], 0.07);
    return;
  }
  b.rotation.y = -rad(pose.bucket - pose.stick);
  const w = p.bucketWidth ?? 1.15;
  const inner = BUCKET.map(([x, z]) => [x * 0.93 + 0.03, z * 0.88 - 0.02]).reverse();
  profile(b, mats.bucket, [...BUCKET, ...inner], w, 0, 0.008);
  for (const y of [-w / 2 + 0.03, w / 2 - 0.03]) profile(b, mats.bucket, [...BUCKET, [0.6, 0.02]], 0.06, y, 0.005);
  for (let i = 0; i < 5; i++) box(b, mats.bucket, [0.24, 0.09, 0.07], [1.5, -w / 2 + 0.08 + ((w - 0.16) * i) / 4, -0.06], [0, 0.25, 0]);
  for (const y of [-0.19, 0.19]) profile(b, mats.bucket, [[-0.1, -0.1], [-0.12, 0.1], [0.1, 0.5], [0.34, 0.66], [0.3, 0.2], [0.1, -0.08]], 0.06, y, 0.005);
  for (const y of [-0.22, 0.22]) rod(b, mats.dark, [0.12, y, 0.42], [-0.32, y, 0.5], 0.05, 6);
  if (p.load) {
    const m = new THREE.Mesh(new THREE.SphereGeometry(0.5, 12, 8), paint(0x5b4630, 0.9, 1));
    m.scale.set(1.15, w * 0.9, 0.5);
    m.position.set(0.7, 0, 0.1);
    add(b, m);
  }
}

// Height of the bucket's lowest point over the ground, metres, before scaling.
function lowest(pose, foot, deck) {
  const bx = Math.sin(rad(pose.boom)) * 5.74, sx = Math.sin(rad(pose.stick)) * 2.84;
  const c = Math.cos(rad(pose.bucket)), s = Math.sin(rad(pose.bucket));
  const z = Math.min(...BUCKET.map(([x, y]) => x * s + y * c));
  return deck + foot[2] + bx + sx + z;
}
