"""Faces and networks, usable without Django.

`mlcore.recognizer` is the one door for whoever wants faces recognised; `mlcore.training` makes
the networks it serves. Nothing here imports another room, and only `apps.py` and `management/`
know Django.
"""
