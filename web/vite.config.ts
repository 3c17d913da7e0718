// One entry per face: the desk now, the phone (m/index.html) later. Each keeps its chunks in a folder of its own, so
// that the phone's offline list never has to name the desk's files.
import { fileURLToPath, URL } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { '@': here('./src') } },
  define: { __VUE_I18N_FULL_INSTALL__: false, __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false },
  build: {
    outDir: here('../src/pipewarden/main/web/static'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { desk: here('./index.html') },
      checks: { pluginTimings: false },
      output: {
        entryFileNames: 'assets/desk/[name]-[hash].js',
        chunkFileNames: 'assets/desk/[name]-[hash].js',
        assetFileNames: 'assets/desk/[name]-[hash][extname]',
      },
    },
  },
  worker: {
    format: 'es',
    rolldownOptions: { output: { entryFileNames: 'assets/desk/[name]-[hash].js' } },
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:8000', '/healthz': 'http://127.0.0.1:8000' } },
})
