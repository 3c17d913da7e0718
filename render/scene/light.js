// Sky, sun, fog and street lamps for day, overcast, rain, dusk.
import * as THREE from 'three';

const SKIES = {
  day: { top: 0x5f93cf, low: 0xc9d8e4, sun: 0xfff0d8, sunPower: 4.6, hemi: 1.05, env: 0.62, exposure: 1.25, fog: 0.0016 },
  haze: { top: 0x9fabb3, low: 0xcfccc2, sun: 0xffe6c0, sunPower: 1.9, hemi: 1.2, env: 0.8, exposure: 1.5, fog: 0.006 },
  overcast: { top: 0xb4bcc2, low: 0xd3d6d6, sun: 0xffffff, sunPower: 0.55, hemi: 1.5, env: 0.95, exposure: 1.5, fog: 0.0035 },
  rain: { top: 0x868e94, low: 0xa9afb1, sun: 0xffffff, sunPower: 0.2, hemi: 1.3, env: 0.95, exposure: 1.35, fog: 0.011 },
  dusk: { top: 0x2c3c5c, low: 0xa98a7c, sun: 0xff9a5a, sunPower: 0.35, hemi: 1.6, env: 1.0, exposure: 1.15, fog: 0.004 },
  night: { top: 0x0a0e18, low: 0x2a2a30, sun: 0x8090b0, sunPower: 0.12, hemi: 0.6, env: 0.5, exposure: 1.5, fog: 0.004 },
};

const mix = (a, b, t) => new THREE.Color(a).lerp(new THREE.Color(b), t).getHex();

function skyTexture(k, cloud) {
  const c = document.createElement('canvas');
  c.width = 512;
  c.height = 256;
  const g = c.getContext('2d'), grad = g.createLinearGradient(0, 0, 0, 256);
  const hex = (v) => `#${v.toString(16).padStart(6, '0')}`;
  grad.addColorStop(0, hex(k.top));
  grad.addColorStop(0.36, hex(mix(k.top, k.low, 0.5)));
  grad.addColorStop(0.5, hex(k.low));
  grad.addColorStop(0.52, '#77736b');
  grad.addColorStop(1, '#5c5852');
  g.fillStyle = grad;
  g.fillRect(0, 0, 512, 256);
  for (let i = 0; i < cloud * 60; i++) {
    const x = (i * 197.3) % 512, y = 20 + ((i * 73.7) % 95), rx = 20 + ((i * 31.1) % 50);
    const q = g.createRadialGradient(x, y, 0, x, y, rx);
    q.addColorStop(0, 'rgba(255,255,255,.10)');
    q.addColorStop(1, 'rgba(255,255,255,0)');
    g.fillStyle = q;
    g.fillRect(x - rx, y - rx, 2 * rx, 2 * rx);
  }
  const t = new THREE.CanvasTexture(c);
  t.colorSpace = THREE.SRGBColorSpace;
  t.mapping = THREE.EquirectangularReflectionMapping;
  return t;
}

const heavens = new Map();
function heaven(renderer, kind, k, cloud) {
  const key = `${kind}${Math.round(cloud * 3)}`;
  if (!heavens.has(key)) {
    const sky = skyTexture(k, Math.round(cloud * 3) / 3), pm = new THREE.PMREMGenerator(renderer);
    heavens.set(key, { sky, env: pm.fromEquirectangular(sky) });
  }
  return heavens.get(key);
}

// Equirectangular maps are y-up: turn them for our z-up world.
const UPRIGHT = new THREE.Euler(Math.PI / 2, 0, 0);

export function lights(renderer, scene, root, light, camera) {
  const k = SKIES[light.kind];
  const { sky, env } = heaven(renderer, light.kind, k, light.cloud ?? 0.6);
  scene.environment = env.texture;
  scene.environmentIntensity = k.env;
  scene.environmentRotation.copy(UPRIGHT);
  scene.background = sky;
  scene.backgroundRotation.copy(UPRIGHT);
  renderer.toneMappingExposure = k.exposure * (light.exposure ?? 1);
  scene.fog = new THREE.FogExp2(k.low, k.fog * (light.fog ?? 1));
  const hemi = new THREE.HemisphereLight(k.top, 0x6b6358, k.hemi);
  hemi.position.set(0, 0, 1);
  scene.add(hemi);
  const sun = new THREE.DirectionalLight(k.sun, k.sunPower * (light.sun ?? 1));
  const az = THREE.MathUtils.degToRad(light.azimuth ?? 200), el = THREE.MathUtils.degToRad(light.elevation ?? 32);
  const f = new THREE.Vector3();
  camera.getWorldDirection(f);
  f.z = 0;
  f.normalize();
  const at = camera.position.clone().addScaledVector(f, 34);
  at.z = 0;
  sun.target.position.copy(at);
  sun.position.copy(at).add(new THREE.Vector3(Math.sin(az) * Math.cos(el), Math.cos(az) * Math.cos(el), Math.sin(el)).multiplyScalar(120));
  sun.castShadow = true;
  sun.shadow.mapSize.set(1536, 1536);
  Object.assign(sun.shadow.camera, { left: -48, right: 48, top: 48, bottom: -48, near: 10, far: 260 });
  sun.shadow.bias = -0.0006;
  sun.shadow.normalBias = 0.04;
  sun.shadow.radius = light.kind === 'day' ? 1.5 : 4;
  scene.add(sun, sun.target);
  const lamps = (root.userData.lamps ?? []).map((p) => new THREE.Vector3(...p)).sort((a, b) => a.distanceTo(at) - b.distanceTo(at)).slice(0, 5);
  for (const p of lamps) {
    const s = new THREE.SpotLight(0xffc98a, light.kind === 'night' ? 420 : 300, 34, 1.15, 0.7, 1.7);
    s.position.copy(p);
    s.target.position.set(p.x, p.y, 0);
    scene.add(s, s.target);
  }
}
