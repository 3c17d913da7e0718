// Files that the server makes at a question: a PDF is looked at in a tab of its own, an archive is kept.
import { sendForFile } from '@/api/client'

const KEPT_MS = 60_000

function forAWhile(blob: Blob): string {
  const url = URL.createObjectURL(blob)
  window.setTimeout(() => URL.revokeObjectURL(url), KEPT_MS)
  return url
}

export function save(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = forAWhile(blob)
  link.download = name
  link.click()
}

/** Shows a PDF beside the page; where the browser opens no tab, it is kept as a file. Throws `Wrong`, and no tab is left. */
export async function showPdf(path: string, body: unknown, name: string): Promise<void> {
  const tab = window.open('', '_blank') // now, while the click allows it
  try {
    const made = await sendForFile(path, body)
    if (tab === null) save(made, name)
    else tab.location.href = forAWhile(made)
  } catch (error) {
    tab?.close()
    throw error
  }
}
