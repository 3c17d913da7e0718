// The page: window.renderScene(spec) draws one street scene (渲染) and returns the picture and every object's box.
import * as THREE from 'three';
import { rng } from './rng.js';
import { street } from './street.js';
import { excavator } from './excavator.js';
import * as machines from './machines.js';
import * as vehicles from './vehicles.js';
import * as people from './people.js';
import { works } from './works.js';
import { lights } from './light.js';
import { measure } from './measure.js';

const renderer = new THREE.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true, powerPreference: 'high-performance' });
renderer.shadowMap.enabled = true;
renderer.shadowMap.type = THREE.PCFShadowMap;
renderer.toneMapping = THREE.ACESFilmicToneMapping;
document.body.appendChild(renderer.domElement);
THREE.Object3D.DEFAULT_UP.set(0, 0, 1);

const MAKERS = { excavator, ...machines, ...vehicles, ...people, ...works };

window.renderScene = async (spec) => {
  const [w, h] = spec.size;
  renderer.setPixelRatio(1);
  renderer.setSize(w, h);
  const scene = new THREE.Scene(), root = new THREE.Group();
  scene.add(root);
  const light = spec.light;
  street(root, { ...spec.street, eye: spec.camera }, light);
  const objects = spec.objects.map((o, i) => {
    const g = MAKERS[o.make](rng(o.seed ?? 100 + i), o.params ?? {});
    g.position.set(o.x, o.y, o.z ?? 0);
    g.rotation.z = (o.yaw * Math.PI) / 180;
    root.add(g);
    if (o.hole) g.userData.hole = true;
    return { spec: o, group: g };
  });
  const c = spec.camera, t = THREE.MathUtils.degToRad(c.tilt), a = THREE.MathUtils.degToRad(c.heading);
  const vfov = 2 * Math.atan(Math.tan(THREE.MathUtils.degToRad(c.hfov) / 2) * (h / w));
  const camera = new THREE.PerspectiveCamera(THREE.MathUtils.radToDeg(vfov), w / h, 0.4, 500);
  camera.up.set(0, 0, 1);
  camera.position.set(c.x, c.y, c.h);
  camera.lookAt(c.x + Math.sin(a) * Math.cos(t), c.y + Math.cos(a) * Math.cos(t), c.h - Math.sin(t));
  camera.updateMatrixWorld();
  lights(renderer, scene, root, light, camera);
  const t0 = performance.now();
  renderer.render(scene, camera);
  const info = { calls: renderer.info.render.calls, triangles: renderer.info.render.triangles };
  const png = renderer.domElement.toDataURL('image/jpeg', 0.98);
  const t1 = performance.now();
  const boxes = measure(renderer, scene, camera, objects, w, h);
  info.drawMs = t1 - t0;
  info.measureMs = performance.now() - t1;
  scene.traverse((o) => { if (o.geometry) o.geometry.dispose(); if (o.isLight && o.shadow) o.shadow.dispose(); }); // materials stay: disposing them would compile every shader anew
  return { picture: png, boxes, info };
};
document.body.dataset.state = 'ready';
