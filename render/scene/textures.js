// Textures painted on canvases, once per variant: asphalt grain, paving tiles, facades, leaves, signs.
import * as THREE from 'three';
import { rng } from './rng.js';

const cache = new Map();
function make(key, w, h, draw, repeat = true, srgb = true) {
  if (cache.has(key)) return cache.get(key);
  const c = document.createElement('canvas');
  c.width = w;
  c.height = h;
  draw(c.getContext('2d'), w, h);
  const t = new THREE.CanvasTexture(c);
  if (repeat) t.wrapS = t.wrapT = THREE.RepeatWrapping;
  if (srgb) t.colorSpace = THREE.SRGBColorSpace;
  t.anisotropy = 8;
  cache.set(key, t);
  return t;
}
const grey = (v) => `rgb(${v | 0},${v | 0},${v | 0})`;

function grain(g, w, h, r, lo, hi, tint = [1, 1, 1]) {
  const img = g.getImageData(0, 0, w, h);
  for (let i = 0; i < img.data.length; i += 4) {
    const n = lo + (hi - lo) * ((r.next() + r.next() + r.next()) / 3);
    for (let k = 0; k < 3; k++) img.data[i + k] = Math.min(255, img.data[i + k] * n * tint[k]);
  }
  g.putImageData(img, 0, 0);
}

export const asphalt = (v) => make(`asphalt${v}`, 512, 512, (g, w, h) => {
  const r = rng(900 + v);
  g.fillStyle = grey(96 + v * 9);
  g.fillRect(0, 0, w, h);
  for (let i = 0; i < 9000; i++) { g.fillStyle = `rgba(${r.chance(0.5) ? '190,185,175' : '20,20,22'},${r.range(0.1, 0.4)})`; g.fillRect(r.next() * w, r.next() * h, r.range(1, 3), r.range(1, 3)); }
  grain(g, w, h, r, 0.55, 1.45);
});

export const paving = (v) => make(`paving${v}`, 512, 512, (g, w, h) => {
  const r = rng(40 + v);
  const base = [[168, 160, 150], [150, 120, 108], [172, 170, 165], [140, 138, 134]][v % 4];
  g.fillStyle = 'rgb(95,92,88)';
  g.fillRect(0, 0, w, h);
  const nx = [8, 16, 6, 10][v % 4], ny = [16, 8, 6, 10][v % 4];
  for (let j = 0; j < ny; j++) for (let i = -1; i < nx; i++) {
    const off = v % 2 && j % 2 ? 0.5 : 0, k = r.range(0.86, 1.1);
    g.fillStyle = `rgb(${base.map((b) => (b * k) | 0).join(',')})`;
    g.fillRect(((i + off) * w) / nx + 1.5, (j * h) / ny + 1.5, w / nx - 2.5, h / ny - 2.5);
  }
  if (v % 3 === 0) { g.fillStyle = 'rgb(196,160,60)'; g.fillRect(0, h * 0.45, w, h * 0.1); }
  grain(g, w, h, r, 0.8, 1.2);
});

export const grass = (v) => make(`grass${v}`, 256, 256, (g, w, h) => {
  const r = rng(70 + v);
  g.fillStyle = ['rgb(84,96,48)', 'rgb(120,112,66)', 'rgb(66,88,42)'][v % 3];
  g.fillRect(0, 0, w, h);
  for (let i = 0; i < 6000; i++) { g.strokeStyle = `rgba(${r.int(50, 150)},${r.int(70, 140)},${r.int(20, 60)},.5)`; const x = r.next() * w, y = r.next() * h; g.beginPath(); g.moveTo(x, y); g.lineTo(x + r.range(-3, 3), y - r.range(2, 6)); g.stroke(); }
  grain(g, w, h, r, 0.7, 1.25);
});

export const soilTex = () => make('soil', 256, 256, (g, w, h) => {
  const r = rng(77);
  g.fillStyle = 'rgb(122,98,70)';
  g.fillRect(0, 0, w, h);
  for (let i = 0; i < 2500; i++) { const k = r.range(50, 170); g.fillStyle = `rgba(${k | 0},${(k * 0.8) | 0},${(k * 0.58) | 0},.5)`; g.beginPath(); g.arc(r.next() * w, r.next() * h, r.range(0.6, 4), 0, 7); g.fill(); }
  grain(g, w, h, r, 0.65, 1.35);
});

const WALLS = ['#b9aa93', '#a8584a', '#c9c3b4', '#8f9aa3', '#d4c39d', '#93755c', '#b7b9b5', '#7c8790', '#c88f6a', '#e0dccf'];
// One bay = 4 floors by 4 windows; returns [colour, glow].
export function facade(v, lit) {
  const draw = (glow) => (g, w, h) => {
    const r = rng(1000 + v), glassy = v % 5 === 4, cols = 4, rows = 4;
    g.fillStyle = glow ? '#000' : WALLS[v % WALLS.length];
    g.fillRect(0, 0, w, h);
    if (!glow) grain(g, w, h, r, 0.88, 1.12);
    const cw = w / cols, rh = h / rows;
    for (let j = 0; j < rows; j++) {
      for (let i = 0; i < cols; i++) {
        const x = i * cw + cw * (glassy ? 0.04 : 0.2), y = j * rh + rh * (glassy ? 0.05 : 0.22), ww = cw * (glassy ? 0.92 : 0.6), hh = rh * (glassy ? 0.9 : 0.52);
        const on = r.chance(0.35), ac = r.chance(0.4), balcony = v % 3 === 0 && i % 2 === 0, shade = r.int(18, 70), curtain = r.chance(0.4);
        if (glow) { if (on && lit) { g.fillStyle = r.pick(['#ffd58a', '#ffe9c0', '#cfe0ff', '#ffc46b']); g.fillRect(x, y, ww, hh); } continue; }
        g.fillStyle = 'rgba(0,0,0,.25)';
        g.fillRect(x - 3, y - 3, ww + 8, hh + 9);
        const grad = g.createLinearGradient(x, y, x + ww, y + hh);
        grad.addColorStop(0, `rgb(${shade + 50},${shade + 62},${shade + 74})`);
        grad.addColorStop(1, `rgb(${shade},${shade + 6},${shade + 14})`);
        g.fillStyle = grad;
        g.fillRect(x, y, ww, hh);
        if (curtain) { g.fillStyle = 'rgba(200,192,175,.35)'; g.fillRect(x, y, ww * 0.35, hh); }
        g.strokeStyle = glassy ? '#555c62' : '#e8e6e0';
        g.lineWidth = 3;
        g.strokeRect(x, y, ww, hh);
        g.beginPath(); g.moveTo(x + ww / 2, y); g.lineTo(x + ww / 2, y + hh); g.stroke();
        if (balcony) { g.fillStyle = 'rgba(235,232,225,.95)'; g.fillRect(x - 8, y + hh * 0.62, ww + 16, hh * 0.5); g.fillStyle = 'rgba(0,0,0,.3)'; g.fillRect(x - 8, y + hh * 1.12, ww + 16, 5); for (let q = 0; q < 9; q++) g.fillRect(x - 8 + q * (ww + 16) / 9, y + hh * 0.66, 2, hh * 0.42); }
        if (ac && !glassy) { g.fillStyle = '#d9d9d4'; g.fillRect(x + ww + 3, y + hh * 0.55, cw * 0.15, rh * 0.18); g.fillStyle = 'rgba(0,0,0,.4)'; g.beginPath(); g.arc(x + ww + 3 + cw * 0.07, y + hh * 0.55 + rh * 0.09, cw * 0.045, 0, 7); g.fill(); }
      }
      if (!glow) { g.fillStyle = 'rgba(0,0,0,.14)'; g.fillRect(0, j * rh + rh - 4, w, 4); }
    }
    if (!glow) for (let i = 0; i < 14; i++) { const x = r.next() * w, gr = g.createLinearGradient(0, 0, 0, h); gr.addColorStop(0, 'rgba(40,35,28,.16)'); gr.addColorStop(1, 'rgba(40,35,28,0)'); g.fillStyle = gr; g.fillRect(x, 0, r.range(4, 26), h); }
  };
  return [make(`facade${v}`, 512, 512, draw(false)), make(`glow${v}${lit}`, 256, 256, draw(true))];
}

const SHOPS = ['便民超市', '五金建材', '烟酒茶', '牛肉板面', '中国电信', '药房', '家电维修', '理发店', '水果店', '汽车美容', '包子铺', '房产中介', '燃气服务站', '早点', '文具打印', '洗衣'];
export const shopfront = (v, lit) => make(`shop${v}${lit}`, 1024, 256, (g, w, h) => {
  const r = rng(3000 + v), n = 4;
  g.fillStyle = '#7d776d';
  g.fillRect(0, 0, w, h);
  for (let i = 0; i < n; i++) {
    const x = (i * w) / n, ww = w / n, shut = r.chance(0.25);
    g.fillStyle = shut ? '#8b8f91' : '#23292c';
    g.fillRect(x + 8, 92, ww - 16, h - 92);
    if (shut) for (let y = 96; y < h; y += 7) { g.fillStyle = 'rgba(0,0,0,.25)'; g.fillRect(x + 8, y, ww - 16, 2); }
    else { const gr = g.createLinearGradient(x, 92, x + ww, h); gr.addColorStop(0, lit ? 'rgba(255,225,160,.85)' : 'rgba(150,160,160,.4)'); gr.addColorStop(1, 'rgba(30,30,30,.3)'); g.fillStyle = gr; g.fillRect(x + 8, 92, ww - 16, h - 92); g.fillStyle = '#b9b9b4'; for (const q of [0.33, 0.66]) g.fillRect(x + ww * q, 92, 5, h); for (let q = 0; q < 7; q++) { g.fillStyle = `hsla(${r.int(0, 359)},45%,45%,.5)`; g.fillRect(x + 14 + r.next() * (ww - 50), 150 + r.next() * 80, r.range(10, 34), r.range(8, 26)); } }
    g.fillStyle = r.pick(['#a81d1d', '#1d4f9c', '#1f7a3d', '#c77c12', '#7b1f6b', '#d8d4c8', '#183a63']);
    g.fillRect(x + 4, 22, ww - 8, 62);
    g.fillStyle = g.fillStyle === '#d8d4c8' ? '#a01818' : '#fdf4dc';
    g.font = 'bold 44px "Noto Sans CJK SC", sans-serif';
    g.textAlign = 'center';
    g.fillText(r.pick(SHOPS), x + ww / 2, 68, ww - 30);
  }
  grain(g, w, h, r, 0.85, 1.12);
});

export const leaves = (v) => make(`leaves${v}`, 256, 256, (g, w, h) => {
  const r = rng(5000 + v), hue = [82, 58, 96, 42][v % 4], n = v % 4 === 3 ? 130 : 260;
  for (let i = 0; i < n; i++) {
    const a = r.next() * 7, d = Math.sqrt(r.next()) * 118;
    g.save();
    g.translate(128 + d * Math.cos(a), 128 + d * Math.sin(a));
    g.rotate(r.next() * 7);
    g.fillStyle = `hsl(${hue + r.range(-14, 12)},${r.range(28, 48)}%,${r.range(24, 46)}%)`;
    g.beginPath();
    g.ellipse(0, 0, r.range(6, 13), r.range(3, 6), 0, 0, 7);
    g.fill();
    g.restore();
  }
}, false);

export const twigs = () => make('twigs', 256, 256, (g) => {
  const r = rng(61);
  const grow = (x, y, a, l, w) => {
    if (l < 4) return;
    const nx = x + l * Math.cos(a), ny = y + l * Math.sin(a), k = r.int(0, 26);
    g.strokeStyle = `rgb(${128 + k},${118 + k},${104 + k})`; g.lineWidth = w; g.beginPath(); g.moveTo(x, y); g.lineTo(nx, ny); g.stroke();
    for (let i = 0; i < 3; i++) grow(nx, ny, a + r.range(-0.75, 0.75), l * r.range(0.6, 0.8), Math.max(w * 0.66, 0.9));
  };
  for (let i = 0; i < 7; i++) grow(128, 128, (i / 7) * 6.283, 34, 3);
}, false);

export const hoarding = (v) => make(`hoard${v}`, 1024, 256, (g, w, h) => {
  const r = rng(7000 + v), c = ['#2d6aa8', '#3d8a54', '#c9ccc8', '#2a7f8f'][v % 4];
  g.fillStyle = c;
  g.fillRect(0, 0, w, h);
  for (let x = 0; x < w; x += 16) { g.fillStyle = 'rgba(255,255,255,.10)'; g.fillRect(x, 0, 5, h); g.fillStyle = 'rgba(0,0,0,.14)'; g.fillRect(x + 9, 0, 4, h); }
  g.fillStyle = v % 4 === 2 ? '#1e4f92' : '#f3efe2';
  g.font = 'bold 92px "Noto Sans CJK SC", sans-serif';
  g.textAlign = 'center';
  g.fillText(r.pick(['安全第一', '文明施工', '施工重地', '市政工程', '雨污分流改造']), w / 2, 165);
  g.fillStyle = '#d8b31a';
  g.fillRect(0, h - 26, w, 26);
  for (let x = -20; x < w; x += 60) { g.fillStyle = '#1c1c1c'; g.beginPath(); g.moveTo(x, h); g.lineTo(x + 30, h); g.lineTo(x + 56, h - 26); g.lineTo(x + 26, h - 26); g.fill(); }
  grain(g, w, h, r, 0.85, 1.1);
});

export const sign = (kind) => make(`sign${kind}`, 128, 128, (g, w, h) => {
  g.clearRect(0, 0, w, h);
  if (kind === 'limit') { g.fillStyle = '#fff'; g.beginPath(); g.arc(64, 64, 60, 0, 7); g.fill(); g.strokeStyle = '#c01818'; g.lineWidth = 14; g.beginPath(); g.arc(64, 64, 53, 0, 7); g.stroke(); g.fillStyle = '#111'; g.font = 'bold 56px sans-serif'; g.textAlign = 'center'; g.fillText('40', 64, 84); }
  else { g.fillStyle = '#1b4fa0'; g.fillRect(4, 4, 120, 120); g.fillStyle = '#fff'; g.font = 'bold 96px sans-serif'; g.textAlign = 'center'; g.fillText('P', 64, 98); }
}, false);
