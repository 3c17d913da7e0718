// Files that the server makes at a question: a PDF is looked at in a tab of its own, an archive is kept.
import { sendForFile } from '@/api/client'
import { saveAs, urlForAWhile } from '@/api/file'

/** Shows a PDF beside the page; where the browser opens no tab, it is kept as a file. Throws `Wrong`, and no tab is left. */
export async function showPdf(path: string, body: unknown, name: string): Promise<void> {
  const tab = window.open('', '_blank') // now, while the click allows it
  try {
    const made = await sendForFile(path, body)
    if (tab === null) saveAs(made, name)
    else tab.location.href = urlForAWhile(made)
  } catch (error) {
    tab?.close()
    throw error
  }
}
