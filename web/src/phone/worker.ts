// The service worker (m/sw.js, built by vite-plugin-pwa): what was opened once opens again without a line.

/** A page from before an update asks for pieces that are gone: it is loaded anew, and the drafts lie in the queue. */
function mendAfterUpdate(): void {
  window.addEventListener('vite:preloadError', (event) => {
    const again = 'pipewarden.reloaded'
    const last = Number(sessionStorage.getItem(again) ?? 0)
    if (Date.now() - last < 60_000) return // once: a piece that never comes must be told, not asked for for ever
    event.preventDefault()
    sessionStorage.setItem(again, String(Date.now()))
    window.location.reload()
  })
}

export function startWorker(): void {
  mendAfterUpdate()
  if (!('serviceWorker' in navigator)) return // over plain http there is none: the page works, with a line only
  void navigator.serviceWorker.register('/m/sw.js', { scope: '/m/' }).catch(() => undefined)
}
