// Ordinary traffic and the look-alikes that must not raise an alarm: cars, vans, buses, lorries, sweeper, tricycle.
import * as THREE from 'three';
import { box, profile, rod, wheel, contactShadow, add } from './parts.js';
import { paint, steel, rubber, glass, lamp, matte } from './materials.js';

function kit(p, r) {
  return { paint: paint(p.color ?? 0xb9bdc1, p.dust ?? r.range(0.05, 0.3), 0.28, 0.35), dark: matte(0x17181a), glass: glass(0x0d1316), rubber: rubber(),
    rim: paint(0x8d9194, 0.3, 0.4, 0.6), lamp: lamp(0xfff4d8, p.lights ? 5 : 0.25), red: lamp(0xb01410, p.lights ? 3 : 0.2), plate: matte(p.green ? 0x8fd6a0 : 0x1d4fa0), frame: steel() };
}

const BODIES = {
  sedan: { len: 4.6, w: 1.8, body: [[-2.3, 0.3], [-2.32, 0.85], [-2.2, 0.98], [-1.3, 1.0], [0.9, 0.96], [2.0, 0.8], [2.28, 0.62], [2.3, 0.3]],
    top: [[-1.75, 0.95], [-1.0, 1.4], [-0.5, 1.46], [0.25, 1.45], [1.2, 0.93]], axles: [1.4, -1.38], r: 0.32 },
  suv: { len: 4.7, w: 1.88, body: [[-2.3, 0.35], [-2.35, 1.0], [-2.25, 1.1], [0.95, 1.08], [2.1, 0.98], [2.32, 0.75], [2.33, 0.35]],
    top: [[-2.2, 1.05], [-1.95, 1.62], [-1.2, 1.72], [0.2, 1.7], [1.15, 1.05]], axles: [1.42, -1.4], r: 0.37 },
  hatch: { len: 3.9, w: 1.7, body: [[-1.95, 0.3], [-1.98, 0.95], [0.9, 0.95], [1.7, 0.8], [1.93, 0.6], [1.95, 0.3]],
    top: [[-1.92, 0.92], [-1.65, 1.42], [-1.0, 1.52], [0.2, 1.5], [1.1, 0.92]], axles: [1.2, -1.2], r: 0.31 },
  van: { len: 4.5, w: 1.7, body: [[-2.2, 0.35], [-2.25, 1.15], [1.5, 1.1], [2.1, 0.95], [2.25, 0.7], [2.25, 0.35]],
    top: [[-2.22, 1.1], [-2.12, 1.85], [-1.8, 1.93], [0.9, 1.9], [1.7, 1.08]], axles: [1.45, -1.45], r: 0.31 },
};

export function car(r, p) {
  const b = BODIES[p.shape] ?? BODIES.sedan, g = new THREE.Group(), m = kit(p, r);
  profile(g, m.paint, b.body, b.w, 0, 0.07);
  const lo = b.top[0][1], hi = Math.max(...b.top.map((q) => q[1]));
  const taper = { z0: lo, z1: hi, amount: 0.2 };
  profile(g, m.glass, b.top, b.w - 0.06, 0, 0.05, taper);
  const roof = b.top.slice(1, -1).map(([x, z]) => [x, z - 0.03]);
  profile(g, m.paint, [...roof.map(([x, z]) => [x, z + 0.05]), ...roof.reverse()], (b.w - 0.06) * 0.84, 0, 0.02);
  pillars(g, m, b, taper);
  for (const x of b.axles) for (const s of [-1, 1]) wheel(g, m.rubber, m.rim, b.r, 0.22, [x, s * (b.w / 2 - 0.1), b.r]);
  for (const s of [-1, 1]) {
    box(g, m.lamp, [0.1, 0.36, 0.13], [b.len / 2 - 0.07, s * (b.w / 2 - 0.3), 0.66]);
    box(g, m.red, [0.08, 0.34, 0.14], [-b.len / 2 + 0.01, s * (b.w / 2 - 0.26), 0.82]);
    box(g, m.paint, [0.12, 0.18, 0.12], [0.85, s * (b.w / 2 + 0.08), lo + 0.06]);
  }
  box(g, m.dark, [0.08, b.w * 0.6, 0.16], [b.len / 2 - 0.01, 0, 0.46]);
  box(g, m.plate, [0.03, 0.44, 0.14], [b.len / 2 + 0.03, 0, 0.46]);
  box(g, m.plate, [0.03, 0.44, 0.14], [-b.len / 2 - 0.01, 0, 0.62]);
  box(g, m.dark, [b.len * 0.94, b.w * 0.96, 0.12], [0, 0, 0.26]);
  contactShadow(g, b.len, b.w, 0.75);
  return g;
}

function pillars(g, m, b, taper) {
  const at = (x, z, s) => { const k = (z - taper.z0) / (taper.z1 - taper.z0); return [x, s * (b.w / 2 - 0.035) * (1 - taper.amount * Math.min(Math.max(k, 0), 1)), z]; };
  const t = b.top, n = t.length;
  for (const s of [-1, 1]) {
    rod(g, m.paint, at(...t[0], s), at(...t[1], s), 0.05, 6);
    rod(g, m.paint, at(...t[n - 1], s), at(...t[n - 2], s), 0.04, 6);
    const xm = (t[1][0] + t[n - 2][0]) / 2;
    rod(g, m.dark, at(xm - 0.05, t[0][1], s), at(xm, t[n - 2][1] - 0.02, s), 0.045, 6);
  }
}

export function bus(r, p) {
  const g = new THREE.Group(), m = kit(p, r), L = p.len ?? 11;
  profile(g, m.paint, [[-L / 2, 0.35], [-L / 2, 2.9], [-L / 2 + 0.2, 3.1], [L / 2 - 0.4, 3.1], [L / 2 - 0.05, 2.6], [L / 2, 0.35]], 2.5, 0, 0.08);
  for (const s of [-1, 1]) {
    box(g, m.glass, [L - 0.9, 0.03, 0.95], [-0.1, s * 1.25, 2.0]);
    for (let x = -L / 2 + 1.3; x < L / 2 - 1; x += 1.5) box(g, m.dark, [0.07, 0.05, 0.95], [x, s * 1.25, 2.0]);
    box(g, paint(p.band ?? 0xe8e8e6, 0.2), [L - 0.5, 0.02, 0.3], [0, s * 1.25, 1.05]);
    for (const x of [L / 2 - 2.4, -L / 2 + 2.9]) wheel(g, m.rubber, m.rim, 0.48, 0.3, [x, s * 1.12, 0.48]);
    box(g, m.lamp, [0.06, 0.4, 0.2], [L / 2, s * 0.95, 0.75]);
    box(g, m.red, [0.06, 0.25, 0.4], [-L / 2, s * 1.05, 1.0]);
  }
  box(g, m.glass, [0.06, 2.2, 1.35], [L / 2 - 0.03, 0, 1.75], [0, -0.03, 0]);
  box(g, m.glass, [0.04, 2.0, 0.8], [-L / 2 - 0.005, 0, 2.1]);
  box(g, lamp(0xff8a20, p.lights ? 1.5 : 0.3), [0.05, 1.6, 0.22], [L / 2 - 0.12, 0, 2.72]);
  box(g, m.paint, [3, 1.9, 0.22], [-1, 0, 3.18]);
  contactShadow(g, L, 2.5, 0.75);
  return g;
}

export function lorry(r, p) {
  const g = new THREE.Group(), m = kit(p, r), L = p.len ?? 6.2, f = L / 2, w = p.w ?? 2.1;
  box(g, m.frame, [L - 0.2, 0.8, 0.2], [0, 0, 0.72]);
  profile(g, m.paint, [[f - 1.6, 0.55], [f - 1.6, 2.1], [f - 0.6, 2.15], [f - 0.12, 1.4], [f, 0.5]], w - 0.1, 0, 0.07);
  profile(g, m.glass, [[f - 0.56, 2.05], [f - 0.1, 1.38], [f - 0.06, 1.42], [f - 0.5, 2.08]], w - 0.35, 0, 0.01);
  for (const s of [-1, 1]) {
    profile(g, m.glass, [[f - 1.2, 1.4], [f - 1.15, 2.0], [f - 0.68, 2.0], [f - 0.32, 1.4]], 0.02, s * (w / 2 - 0.045), 0.004);
    for (const x of [f - 1.0, -f + 1.4]) wheel(g, m.rubber, m.rim, 0.42, x < 0 ? 0.42 : 0.24, [x, s * (w / 2 - 0.25), 0.42]);
    box(g, m.lamp, [0.05, 0.3, 0.16], [f - 0.01, s * (w / 2 - 0.3), 0.75]);
    box(g, m.red, [0.05, 0.25, 0.14], [-f - 0.02, s * (w / 2 - 0.25), 0.8]);
  }
  box(g, m.dark, [0.06, w - 0.3, 0.3], [f + 0.01, 0, 0.55]);
  const bedL = L - 1.75, x = -f + bedL / 2;
  if (p.kind === 'flat') {
    box(g, m.paint, [bedL, w, 0.1], [x, 0, 0.95]);
    for (const s of [-1, 1]) box(g, m.paint, [bedL, 0.05, 0.4], [x, s * (w / 2), 1.2]);
    box(g, m.paint, [0.05, w, 0.4], [-f, 0, 1.2]);
    for (let i = 0; i < 5; i++) box(g, paint(r.pick([0x9a7b4f, 0x5d6a74, 0xb8b2a0]), 0.4, 0.9), [0.8, 0.8, 0.6], [x - bedL / 2 + 0.6 + i * 0.8, r.range(-0.5, 0.5), 1.35]);
  } else {
    box(g, paint(p.boxColor ?? 0xdedfdc, 0.35), [bedL, w + 0.05, p.high ?? 1.9], [x, 0, 0.9 + (p.high ?? 1.9) / 2]);
    for (let i = 0; i <= 6; i++) for (const s of [-1, 1]) box(g, matte(0xb9bab6), [0.05, 0.03, p.high ?? 1.9], [x - bedL / 2 + (bedL * i) / 6, s * (w / 2 + 0.03), 0.9 + (p.high ?? 1.9) / 2]);
  }
  contactShadow(g, L, w, 0.7);
  return g;
}

export function sweeper(r, p) {
  const g = new THREE.Group(), m = kit({ color: 0xe9ebe8, ...p }, r), f = 3.2, green = paint(p.band ?? 0x2f8f4a, 0.3);
  box(g, m.frame, [6.2, 0.8, 0.2], [0, 0, 0.72]);
  profile(g, m.paint, [[f - 1.6, 0.55], [f - 1.6, 2.3], [f - 0.6, 2.35], [f - 0.15, 1.5], [f, 0.5]], 2.1, 0, 0.07);
  profile(g, m.glass, [[f - 0.58, 2.25], [f - 0.14, 1.48], [f - 0.1, 1.52], [f - 0.52, 2.28]], 1.85, 0, 0.01);
  profile(g, m.paint, [[-3.2, 0.95], [-3.1, 2.35], [-2.7, 2.55], [0.9, 2.55], [1.4, 2.2], [1.45, 0.95]], 2.2, 0, 0.08);
  for (const s of [-1, 1]) {
    box(g, green, [4.2, 0.02, 0.4], [-0.9, s * 1.105, 1.5]);
    profile(g, m.glass, [[f - 1.2, 1.5], [f - 1.15, 2.15], [f - 0.72, 2.15], [f - 0.36, 1.5]], 0.02, s * 1.05, 0.004);
    for (const x of [2.2, -1.9]) wheel(g, m.rubber, m.rim, 0.44, 0.36, [x, s * 0.88, 0.44]);
    const b = add(g, new THREE.Mesh(new THREE.CylinderGeometry(0.36, 0.5, 0.35, 18), matte(0x3a3f2a)));
    b.rotation.x = Math.PI / 2;
    b.position.set(0.5, s * 1.15, 0.2);
    box(g, m.red, [0.05, 0.2, 0.3], [-3.2, s * 0.95, 1.2]);
  }
  box(g, lamp(0xffa020, p.lights ? 6 : 1), [0.25, 1.1, 0.14], [f - 1.0, 0, 2.42]);
  box(g, paint(0xd8d020, 0.2), [0.02, 2.0, 0.5], [-3.18, 0, 1.0]);
  contactShadow(g, 6.3, 2.2, 0.7);
  return g;
}

export function tricycle(r, p) {
  const g = new THREE.Group(), m = kit({ color: 0xb3261e, ...p }, r);
  wheel(g, m.rubber, m.rim, 0.27, 0.1, [1.15, 0, 0.27]);
  for (const s of [-1, 1]) wheel(g, m.rubber, m.rim, 0.27, 0.12, [-0.8, s * 0.45, 0.27]);
  box(g, m.paint, [1.4, 1.0, 0.08], [-0.7, 0, 0.6]);
  for (const s of [-1, 1]) box(g, m.paint, [1.4, 0.04, 0.4], [-0.7, s * 0.5, 0.8]);
  box(g, m.paint, [0.04, 1.0, 0.4], [-1.4, 0, 0.8]);
  box(g, m.dark, [0.5, 0.4, 0.12], [0.2, 0, 0.72]);
  rod(g, m.dark, [1.15, 0, 0.3], [0.8, 0, 1.05], 0.04);
  rod(g, m.dark, [0.8, -0.35, 1.08], [0.8, 0.35, 1.08], 0.02);
  box(g, m.paint, [0.3, 0.3, 0.4], [1.0, 0, 0.6]);
  contactShadow(g, 2.6, 1, 0.6);
  return g;
}
