// Materials with dirt: noise in world space darkens, dusts and roughens, so that no surface is one flat colour.
import * as THREE from 'three';

const NOISE = `
float pwHash(vec3 p){ p = fract(p*vec3(.1031,.1030,.0973)); p += dot(p, p.yxz+33.33); return fract((p.x+p.y)*p.z); }
float pwNoise(vec3 p){ vec3 i=floor(p), f=fract(p); f=f*f*(3.-2.*f);
 return mix(mix(mix(pwHash(i),pwHash(i+vec3(1,0,0)),f.x),mix(pwHash(i+vec3(0,1,0)),pwHash(i+vec3(1,1,0)),f.x),f.y),
            mix(mix(pwHash(i+vec3(0,0,1)),pwHash(i+vec3(1,0,1)),f.x),mix(pwHash(i+vec3(0,1,1)),pwHash(i+vec3(1,1,1)),f.x),f.y),f.z); }
`;

function weather(mat, { dust = 0.3, scale = 1.3, ground = false, dustColor = 0x8a7657, wet = 0 }) {
  mat.onBeforeCompile = (sh) => {
    sh.uniforms.pwDust = { value: dust };
    sh.uniforms.pwScale = { value: scale };
    sh.uniforms.pwWet = { value: wet };
    sh.uniforms.pwDustColor = { value: new THREE.Color(dustColor) };
    sh.vertexShader = sh.vertexShader.replace('#include <common>', '#include <common>\nvarying vec3 pwPos;')
      .replace('#include <begin_vertex>', `#include <begin_vertex>
        vec4 pwW = vec4(transformed, 1.);
        #ifdef USE_INSTANCING
        pwW = instanceMatrix * pwW;
        #endif
        pwPos = (modelMatrix * pwW).xyz;`);
    sh.fragmentShader = sh.fragmentShader.replace('#include <common>', `#include <common>
      varying vec3 pwPos; uniform float pwDust, pwScale, pwWet; uniform vec3 pwDustColor; ${NOISE}`)
      .replace('#include <map_fragment>', `#include <map_fragment>
        float pwN = pwNoise(pwPos*pwScale)*.6 + pwNoise(pwPos*pwScale*4.3)*.3 + pwNoise(pwPos*pwScale*17.)*.1;
        ${ground
    ? 'float pwK = (pwN-.5)*2.*pwDust; diffuseColor.rgb *= 1. + pwK; diffuseColor.rgb *= mix(1., .52, pwWet);'
    : 'float pwLow = 1. - smoothstep(.1, 2.4, pwPos.z); float pwK = clamp((pwN-.52+pwLow*.28)*2.6,0.,1.)*pwDust; diffuseColor.rgb = mix(diffuseColor.rgb, pwDustColor, pwK); diffuseColor.rgb *= mix(1., .8, smoothstep(.55,.75,pwN)*pwDust);'}`)
      .replace('#include <roughnessmap_fragment>', `#include <roughnessmap_fragment>
        ${ground
    ? 'roughnessFactor = mix(roughnessFactor, mix(.08,.55,smoothstep(.35,.62,pwN)), pwWet);'
    : 'roughnessFactor = clamp(roughnessFactor + pwK*.5, 0., 1.);'}`);
  };
  mat.customProgramCacheKey = () => `pw-${ground}`;
  return mat;
}

export function paint(color, dust = 0.5, rough = 0.42, metal = 0.05, dustColor = 0x8a7657) {
  return weather(new THREE.MeshStandardMaterial({ color, roughness: rough, metalness: metal }), { dust, dustColor });
}

export function ground(opts, { variation = 0.25, scale = 0.35, wet = 0 } = {}) {
  const mat = new THREE.MeshStandardMaterial({ roughness: 0.95, ...opts });
  mat.envMapIntensity = wet > 0 ? 1.1 : 0.55;
  return weather(mat, { dust: variation, scale, ground: true, wet });
}

export const steel = (color = 0x3a3733, dust = 0.75) => paint(color, dust, 0.75, 0.3);
export const rubber = () => paint(0x1b1b1b, 0.55, 0.92, 0);
export const chrome = () => new THREE.MeshStandardMaterial({ color: 0xcfd3d6, roughness: 0.18, metalness: 1 });
export const glass = (tint = 0x1a242a) => new THREE.MeshStandardMaterial({ color: tint, roughness: 0.06, metalness: 0.35, envMapIntensity: 1.5 });
export const lamp = (color, power = 0) => new THREE.MeshStandardMaterial({ color, emissive: color, emissiveIntensity: power, roughness: 0.3 });
export const matte = (color) => new THREE.MeshStandardMaterial({ color, roughness: 0.9 });
