/** Saves a file as the browser's downloads do. */
export function download(file: Blob, name: string): void {
  const address = URL.createObjectURL(file)
  const link = Object.assign(document.createElement("a"), { href: address, download: name })
  link.click()
  // The download reads it a moment later.
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
