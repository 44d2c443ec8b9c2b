// @ts-check
// Files that a page was given in answer to something it did, put where the reader's downloads go.

/** A browser reads the file only after the click. */
const KEPT_MS = 60_000;

/** @param {File} file */
export function saveFile(file) {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}
