/** All areas in one file: each file is a request. */
export default import.meta.glob<Record<string, never>>('./*.json', {
  eager: true,
  import: 'default',
})
