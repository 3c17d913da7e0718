// The camera's button of the report page stands in the page's own HTML (m/early.html): a slow phone takes its picture while
// the scripts are still being read. What was taken with it, before or after the page woke, is handed to the page's own field.
let field: HTMLInputElement | null = null

/** Keeps the early field before the page takes its place; a camera that is still open gives its picture to it. */
export function keepEarly(): void {
  field = document.querySelector<HTMLInputElement>('#early')
}

/** Hands over what the early field was given, once, to whoever asks first. */
export function handOver(take: (files: File[]) => void): void {
  if (field === null) return
  const early = field
  field = null
  const pass = (): void => {
    const files = [...(early.files ?? [])]
    early.value = ''
    if (files.length > 0) take(files)
  }
  early.addEventListener('change', pass)
  pass()
}
