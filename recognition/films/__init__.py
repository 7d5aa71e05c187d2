"""Films: they come in pieces, are analysed by a worker of their own, and are made anew.

- `uploads`: every write of `FilmUpload`; with the last piece a film becomes a record with a job.
- `cleaning`: takes place, camera and date out of a film, in a process of its own.
- `work`: every write of `FilmWork` and of the jobs of films.
- `analysis`: from a record's stored film to its samples; `pictures`: and to its small picture.
- `making`: the annotated film, out of stored numbers.
- `problems`: what is wrong with a file, in the reader's language.
- `scratch`: files of this machine, for a while.
"""
