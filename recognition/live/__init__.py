"""The live camera: frames are recognised while somebody waits, outside the job queue.

`gate` refuses floods before anything else is asked, `sessions` says who sends frames to what,
`turns` shares the processor out among people, `frames` recognises, and `services` writes what is
to last.
"""
