// People, cones and barriers.
import * as THREE from 'three';
import { box, rod, contactShadow, add } from './parts.js';
import { paint, matte, lamp } from './materials.js';

export function person(r, p) {
  const g = new THREE.Group(), h = p.height ?? r.range(1.6, 1.82), b = new THREE.Group();
  b.scale.setScalar(h / 1.75);
  g.add(b);
  const skin = matte(0xb98a68), legs = matte(p.legs ?? r.pick([0x23272f, 0x2d3a55, 0x4b4a45, 0x1c1c1e]));
  const coat = matte(p.vest ? p.vest : (p.coat ?? r.pick([0x2a2c31, 0x6a2e2e, 0x7b7f86, 0x35506b, 0x8d8468, 0x1f3a2c])));
  const stride = p.stride ?? r.range(-0.28, 0.28), arm = p.arm ?? r.range(-0.35, 0.35);
  for (const s of [-1, 1]) {
    const knee = [s * stride * 0.45 + 0.03, s * 0.1, 0.48], foot = [s * stride, s * 0.11, 0.06];
    rod(b, legs, [0, s * 0.09, 0.9], knee, 0.085, 10);
    rod(b, legs, knee, foot, 0.065, 10);
    box(b, matte(0x18181a), [0.26, 0.1, 0.09], [foot[0] + 0.06, foot[1], 0.05]);
    const sleeve = p.vest ? matte(p.sleeve ?? 0x30405a) : coat;
    const elbow = [-s * arm * 0.4 - 0.02, s * 0.27, 1.13], hand = [-s * arm + (p.work ? 0.3 : 0.05), s * 0.25, p.work ? 1.0 : 0.88];
    rod(b, sleeve, [0, s * 0.2, 1.4], elbow, 0.06, 8);
    rod(b, sleeve, elbow, hand, 0.05, 8);
    const hm = add(b, new THREE.Mesh(new THREE.SphereGeometry(0.055, 8, 6), skin));
    hm.position.set(...hand);
  }
  const torso = add(b, new THREE.Mesh(new THREE.CapsuleGeometry(0.17, 0.4, 6, 14), coat));
  torso.rotation.x = Math.PI / 2;
  torso.scale.set(0.82, 1, 1.12);
  torso.position.set(0, 0, 1.17);
  if (p.vest) for (const z of [1.02, 1.24]) {
    const band = add(b, new THREE.Mesh(new THREE.CylinderGeometry(0.197, 0.197, 0.05, 14), lamp(0xd9dcd4, 0.12)));
    band.rotation.x = Math.PI / 2;
    band.scale.set(0.82, 1, 1);
    band.position.set(0, 0, z);
  }
  rod(b, skin, [0, 0, 1.42], [0, 0, 1.54], 0.055, 8);
  const head = add(b, new THREE.Mesh(new THREE.SphereGeometry(0.105, 14, 10), skin));
  head.scale.set(1, 0.85, 1.18);
  head.position.set(0.01, 0, 1.62);
  const cap = add(b, new THREE.Mesh(new THREE.SphereGeometry(p.helmet ? 0.135 : 0.118, 14, 8, 0, Math.PI * 2, 0, Math.PI / 2), p.helmet ? paint(p.helmet, 0.15, 0.35) : matte(0x17130f)));
  cap.rotation.x = Math.PI / 2;
  cap.position.set(-0.01, 0, p.helmet ? 1.65 : 1.64);
  if (p.helmet) {
    const brim = add(b, new THREE.Mesh(new THREE.CylinderGeometry(0.155, 0.155, 0.018, 14), cap.material));
    brim.rotation.x = Math.PI / 2;
    brim.position.set(0.03, 0, 1.65);
  }
  contactShadow(g, 0.6, 0.5, 0.6);
  return g;
}

export function cone(r, p) {
  const g = new THREE.Group(), red = paint(p.color ?? 0xd8401a, 0.35, 0.6), white = paint(0xe6e4dc, 0.35, 0.6), h = p.h ?? 0.72;
  box(g, p.blackBase ? matte(0x1c1c1c) : red, [0.38, 0.38, 0.04], [0, 0, 0.02]);
  const seg = [[0, 0.35, red], [0.35, 0.55, white], [0.55, 0.72, red], [0.72, 0.85, white], [0.85, 1, red]];
  for (const [a, b, m] of seg) {
    const rr = (t) => 0.15 - 0.12 * t;
    const c = add(g, new THREE.Mesh(new THREE.CylinderGeometry(rr(b), rr(a), (b - a) * h, 16), m));
    c.rotation.x = Math.PI / 2;
    c.position.z = 0.04 + ((a + b) / 2) * h;
  }
  contactShadow(g, 0.5, 0.5, 0.55);
  return g;
}

export function barrier(r, p) {
  const g = new THREE.Group();
  if (p.kind === 'water') {
    const m = paint(p.color ?? 0xd23a1c, 0.35, 0.5);
    box(g, m, [1.8, 0.45, 0.35], [0, 0, 0.18]);
    box(g, m, [1.7, 0.25, 0.55], [0, 0, 0.6]);
    box(g, paint(0xe8e6de, 0.3), [1.2, 0.27, 0.18], [0, 0, 0.62]);
  } else {
    const y = paint(0xe2b40f, 0.3, 0.6), k = matte(0x1a1a1a);
    for (const z of [0.45, 0.8, 1.05]) box(g, y, [2, 0.04, 0.07], [0, 0, z]);
    for (let i = 0; i < 5; i++) box(g, k, [0.18, 0.05, 0.075], [-0.8 + i * 0.4, 0, 1.05]);
    for (const x of [-0.95, 0.95]) { rod(g, y, [x, 0, 0], [x, 0, 1.1], 0.03, 6); box(g, y, [0.05, 0.5, 0.04], [x, 0, 0.03]); }
  }
  contactShadow(g, 1.9, 0.5, 0.5);
  return g;
}
