export const PRODUCT_NAME = 'Expression Lab'

export function setTitle(title: string): void {
  document.title = title ? `${title} · ${PRODUCT_NAME}` : PRODUCT_NAME
}
