"""Films: from a file to faces that are followed, numbers over time, and an annotated film.

- `info`: what a film is, and how long, large and fast it may be.
- `reading`: `probe` and `frames`. A film is decoded in a process of its own, see `decoder`, which
  has little memory, may write nothing, and is ended when it hangs.
- `analysis`: `analyse` follows faces and recognises them, a block of film at a time.
- `columns`: the numbers that come of it; `tracks`: `finish_tracks`, which tidies them up.
- `painting`: `annotate` makes a film of a film and its numbers.
- `exports`: WebVTT, ELAN, CSV, and sums over segments.

`info`, `columns` and `reading` import neither PyAV nor OpenCV.
"""
