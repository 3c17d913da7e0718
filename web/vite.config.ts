// One entry per face: the desk (index.html) and the phone (m/index.html). Each keeps its chunks in a folder of its own, what
// both use lies in assets/shared; the phone's offline list is what the phone's entry reaches, so it can never name the map.
import { readFileSync } from 'node:fs'
import { fileURLToPath, URL } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const DESK = here('./index.html')
const PHONE = here('./m/index.html')
/** Which modules each face reaches, and which built files the phone needs. */
const desk = new Set<string>()
const phone = new Set<string>()
const offline = new Set<string>()
const named = new Map<string, string>()
/**
 * Too heavy for everybody: what draws the phone's map comes along with the map itself (src/phone/plan/offline.ts), what
 * draws labels with the first picture to be labelled, which needs a line anyway.
 */
const LATER = new Set([here('./src/phone/plan/engine.ts'), here('./src/label/board.ts')])
/** Where the worker keeps it; src/phone/plan/offline.ts fills it. */
const LATER_CACHE = 'pipewarden-drawing'

function folderOf(modules: readonly string[]): string {
  const byPhone = modules.some((one) => phone.has(one))
  if (!byPhone) return 'desk'
  return modules.some((one) => desk.has(one)) ? 'shared' : 'phone'
}

/** The folder of a chunk, kept by its name: a style sheet of modules that several chunks share tells no source. */
function chunkFolder(name: string, modules: readonly string[]): string {
  const folder = folderOf(modules)
  named.set(name, folder)
  return folder
}

function assetFolder(name: string, sources: readonly string[]): string {
  if (sources.length > 0) return folderOf(sources.map((one) => here(one)))
  return named.get(name.replace(/\.\w+$/, '')) ?? 'desk'
}

const faces: Plugin = {
  name: 'pipewarden-faces',
  buildEnd() {
    for (const [entry, reached] of [[DESK, desk], [PHONE, phone]] as const) {
      const waiting = [entry]
      while (waiting.length > 0) {
        const id = waiting.pop()!
        if (reached.has(id)) continue
        reached.add(id)
        const info = this.getModuleInfo(id)
        waiting.push(...(info?.importedIds ?? []), ...(info?.dynamicallyImportedIds ?? []))
      }
    }
  },
  generateBundle(_options, bundle) {
    const entry = Object.values(bundle).find((one) => one.type === 'chunk' && one.facadeModuleId === PHONE)
    const waiting = entry ? [entry.fileName] : []
    while (waiting.length > 0) {
      const name = waiting.pop()!
      const file = bundle[name]
      if (offline.has(name) || file === undefined) continue
      offline.add(name)
      if (file.type !== 'chunk') continue
      if (LATER.has(file.facadeModuleId ?? '')) {
        offline.delete(name)
        continue
      }
      const css = (file as { viteMetadata?: { importedCss: Set<string>; importedAssets: Set<string> } }).viteMetadata
      waiting.push(...file.imports, ...file.dynamicImports, ...(css?.importedCss ?? []), ...(css?.importedAssets ?? []))
    }
  },
}

/** m/report.html: the phone's page with the camera's button in it, which works before any script does (m/early.html). */
const early: Plugin = {
  name: 'pipewarden-early',
  enforce: 'post',
  generateBundle: {
    order: 'post',
    handler(_options, bundle) {
      const page = bundle['m/index.html']
      if (page?.type !== 'asset') throw new Error('the phone has no page')
      const root = '<div id="phone">'
      const source = String(page.source).replace(root, root + readFileSync(here('./m/early.html'), 'utf-8').trim())
      this.emitFile({ type: 'asset', fileName: 'm/report.html', source })
    },
  },
}

export default defineConfig({
  plugins: [
    vue(),
    faces,
    early,
    VitePWA({
      registerType: 'autoUpdate',
      injectRegister: null, // src/phone/worker.ts does it: no script stands in the page
      manifest: false, // public/m/app.webmanifest, linked by m/index.html alone
      filename: 'm/sw.js',
      scope: '/m/',
      workbox: {
        globPatterns: ['m/**/*.{html,png,svg,webmanifest}', 'assets/**/*.{css,js,svg}'],
        inlineWorkboxRuntime: true,
        sourcemap: false,
        cleanupOutdatedCaches: true,
        navigateFallback: '/m/',
        runtimeCaching: [{ urlPattern: /\/assets\/[a-z]+\/[^/]+\.(js|mjs|css)$/, handler: 'CacheFirst', options: { cacheName: LATER_CACHE, expiration: { maxEntries: 40 } } }],
        navigateFallbackAllowlist: [/^\/m\//],
        manifestTransforms: [(entries) => {
          const kept = entries.filter(({ url }) => url.startsWith('m/') || offline.has(url))
          return { manifest: kept.map((one) => ({ ...one, url: one.url === 'm/index.html' ? '/m/' : `/${one.url}` })) }
        }],
      },
    }),
  ],
  resolve: { alias: { '@': here('./src') } },
  define: { __VUE_I18N_FULL_INSTALL__: false, __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false },
  build: {
    outDir: here('../src/pipewarden/main/web/static'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    reportCompressedSize: false,
    manifest: true, // what each page reaches: tests/unit/main/web/test_first_screen.py weighs the desk's first
    rolldownOptions: {
      input: { desk: DESK, phone: PHONE },
      checks: { pluginTimings: false },
      output: {
        entryFileNames: 'assets/[name]/[name]-[hash].js',
        chunkFileNames: (chunk) => `assets/${chunkFolder(chunk.name, chunk.moduleIds)}/[name]-[hash].js`,
        assetFileNames: (asset) => `assets/${assetFolder(asset.names[0] ?? '', asset.originalFileNames)}/[name]-[hash][extname]`,
      },
    },
  },
  worker: {
    format: 'es',
    rolldownOptions: { output: { entryFileNames: 'assets/desk/[name]-[hash].js' } },
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:8000', '/healthz': 'http://127.0.0.1:8000' } },
})
