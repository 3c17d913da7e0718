// A file that came from the server, handed to the browser to keep.
const KEPT_MS = 60_000

export function urlForAWhile(blob: Blob): string {
  const url = URL.createObjectURL(blob)
  window.setTimeout(() => URL.revokeObjectURL(url), KEPT_MS)
  return url
}

export function saveAs(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = urlForAWhile(blob)
  link.download = name
  link.click()
}
