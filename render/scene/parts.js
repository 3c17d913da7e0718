// Primitive parts in the frame of every object: x forward, y left, z up, metres.
import * as THREE from 'three';

export function box(parent, mat, [dx, dy, dz], [x, y, z], rot) {
  const m = new THREE.Mesh(new THREE.BoxGeometry(dx, dy, dz), mat);
  m.position.set(x, y, z);
  if (rot) m.rotation.set(...rot);
  return add(parent, m);
}

export function add(parent, mesh) {
  mesh.castShadow = true;
  mesh.receiveShadow = true;
  parent.add(mesh);
  return mesh;
}

// A side view [x, z] drawn out to a width along y, centred on y0, edges bevelled so that they catch light.
export function profile(parent, mat, points, width, y0 = 0, bevel = 0.03, taper = null) {
  const shape = new THREE.Shape(points.map(([x, z]) => new THREE.Vector2(x, z)));
  const geo = new THREE.ExtrudeGeometry(shape, {
    depth: Math.max(width - 2 * bevel, 0.005), bevelEnabled: bevel > 0, bevelSize: bevel, bevelOffset: -bevel,
    bevelThickness: bevel, bevelSegments: 2, steps: 1, curveSegments: 6,
  });
  geo.translate(0, 0, -Math.max(width - 2 * bevel, 0.005) / 2);
  geo.rotateX(Math.PI / 2);
  if (taper) {
    const p = geo.attributes.position;
    for (let i = 0; i < p.count; i++) {
      const k = Math.min(Math.max((p.getZ(i) - taper.z0) / (taper.z1 - taper.z0), 0), 1);
      p.setY(i, p.getY(i) * (1 - taper.amount * k));
    }
    geo.computeVertexNormals();
  }
  geo.translate(0, y0, 0);
  return add(parent, new THREE.Mesh(geo, mat));
}

// A plan view [x, y] drawn up from z0 to z1.
export function slab(parent, mat, points, z0, z1, bevel = 0.05) {
  const shape = new THREE.Shape(points.map(([x, y]) => new THREE.Vector2(x, y)));
  const geo = new THREE.ExtrudeGeometry(shape, {
    depth: z1 - z0 - 2 * bevel, bevelEnabled: bevel > 0, bevelSize: bevel, bevelOffset: -bevel,
    bevelThickness: bevel, bevelSegments: 3,
  });
  geo.translate(0, 0, z0 + bevel);
  return add(parent, new THREE.Mesh(geo, mat));
}

export function rod(parent, mat, a, b, r, seg = 10) {
  const va = new THREE.Vector3(...a), vb = new THREE.Vector3(...b);
  const d = vb.clone().sub(va);
  const m = new THREE.Mesh(new THREE.CylinderGeometry(r, r, Math.max(d.length(), 1e-3), seg), mat);
  m.position.copy(va.add(vb).multiplyScalar(0.5));
  m.quaternion.setFromUnitVectors(new THREE.Vector3(0, 1, 0), d.normalize());
  return add(parent, m);
}

// Hydraulic cylinder: thick barrel for part of the way, chrome rod for the rest.
export function hydraulic(parent, barrel, chrome, a, b, r) {
  const va = new THREE.Vector3(...a), vb = new THREE.Vector3(...b);
  const mid = va.clone().lerp(vb, 0.58);
  rod(parent, barrel, a, mid.toArray(), r);
  rod(parent, chrome, mid.toArray(), b, r * 0.58);
}

export function wheel(parent, tyre, rim, r, w, [x, y, z], lugs = 0) {
  const g = new THREE.Group();
  const t = new THREE.Mesh(new THREE.CylinderGeometry(r, r, w * 0.82, 24), tyre);
  const shoulder = new THREE.Mesh(new THREE.CylinderGeometry(r * 0.93, r * 0.93, w, 24), tyre);
  const h = new THREE.Mesh(new THREE.CylinderGeometry(r * 0.55, r * 0.55, w * 1.01, 16), rim);
  const hub = new THREE.Mesh(new THREE.CylinderGeometry(r * 0.2, r * 0.24, w * 1.12, 10), rim);
  for (const m of [t, shoulder, h, hub]) add(g, m);
  for (let i = 0; i < lugs; i++) {
    const a = (i / lugs) * Math.PI * 2;
    const lug = new THREE.Mesh(new THREE.BoxGeometry(r * 0.16, w * 0.95, r * 0.12), tyre);
    lug.position.set(Math.cos(a) * r, 0, Math.sin(a) * r);
    lug.rotation.set(0, -a, 0.25);
    add(g, lug);
  }
  g.position.set(x, y, z);
  parent.add(g);
  return g;
}

// One crawler track: shoes along a stadium, rollers, sprocket and side frame.
export function track(parent, mats, len, h, w, y0) {
  const r = h / 2, straight = len - h, pitch = 0.19 * (h / 0.95);
  const total = 2 * straight + 2 * Math.PI * r;
  const n = Math.round(total / pitch);
  const shoe = new THREE.InstancedMesh(new THREE.BoxGeometry(pitch * 0.94, w, 0.05 * h), mats.track, n);
  const ridge = new THREE.InstancedMesh(new THREE.BoxGeometry(pitch * 0.16, w * 0.98, 0.06 * h), mats.track, n);
  const q = new THREE.Quaternion(), one = new THREE.Vector3(1, 1, 1), axis = new THREE.Vector3(0, 1, 0);
  for (let i = 0; i < n; i++) {
    const [x, z, a] = onStadium((i / n) * total, straight, r);
    q.setFromAxisAngle(axis, a);
    shoe.setMatrixAt(i, new THREE.Matrix4().compose(new THREE.Vector3(x, y0, z + r), q, one));
    const out = new THREE.Vector3(0, 0, 0.05 * h).applyQuaternion(q);
    ridge.setMatrixAt(i, new THREE.Matrix4().compose(new THREE.Vector3(x, y0, z + r).add(out), q, one));
  }
  for (const m of [shoe, ridge]) { m.frustumCulled = false; add(parent, m); }
  box(parent, mats.frame, [straight, w * 0.55, h * 0.42], [0, y0, r]);
  for (let i = 0; i < 7; i++) {
    const x = -straight / 2 + (straight * i) / 6;
    const m = new THREE.Mesh(new THREE.CylinderGeometry(h * 0.16, h * 0.16, w * 0.7, 12), mats.frame);
    m.position.set(x, y0, h * 0.22);
    add(parent, m);
  }
  for (const s of [-1, 1]) {
    const m = new THREE.Mesh(new THREE.CylinderGeometry(r * 0.84, r * 0.84, w * 0.5, 18), mats.track);
    m.position.set((s * straight) / 2, y0, r);
    add(parent, m);
    const c = new THREE.Mesh(new THREE.CylinderGeometry(r * 0.36, r * 0.4, w * 0.72, 12), mats.frame);
    c.position.copy(m.position);
    add(parent, c);
  }
}

function onStadium(s, straight, r) {
  const arc = Math.PI * r;
  if (s < straight) return [-straight / 2 + s, r, 0];
  s -= straight;
  if (s < arc) { const a = s / r; return [straight / 2 + r * Math.sin(a), r * Math.cos(a), a]; }
  s -= arc;
  if (s < straight) return [straight / 2 - s, -r, Math.PI];
  s -= straight;
  const a = s / r;
  return [-straight / 2 - r * Math.sin(a), -r * Math.cos(a), Math.PI + a];
}

// Soft dark patch under an object: the contact shadow that an overcast sky leaves.
let blobTexture = null;
export function contactShadow(parent, len, wid, strength = 0.55) {
  if (!blobTexture) {
    const c = document.createElement('canvas');
    c.width = c.height = 128;
    const g = c.getContext('2d');
    const img = g.createImageData(128, 128);
    for (let y = 0; y < 128; y++) for (let x = 0; x < 128; x++) {
      const u = Math.max(Math.abs(x / 63.5 - 1) - 0.55, 0) / 0.45, v = Math.max(Math.abs(y / 63.5 - 1) - 0.55, 0) / 0.45;
      const d = Math.max(1 - Math.hypot(u, v), 0);
      img.data[4 * (y * 128 + x) + 3] = 255 * d * d * (3 - 2 * d);
    }
    g.putImageData(img, 0, 0);
    blobTexture = new THREE.CanvasTexture(c);
  }
  const mat = new THREE.MeshBasicMaterial({ map: blobTexture, color: 0x000000, transparent: true, opacity: strength,
    depthWrite: false, polygonOffset: true, polygonOffsetFactor: -4, polygonOffsetUnits: -4 });
  const m = new THREE.Mesh(new THREE.PlaneGeometry(len * 1.25, wid * 1.35), mat);
  m.position.z = 0.02;
  m.userData.ghost = true;
  m.renderOrder = 3;
  parent.add(m);
}
