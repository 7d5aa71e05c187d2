"""The measurements behind the README's figures, each a command that prints a table.

.venv/bin/python -m benchmarks.start
.venv/bin/python -m benchmarks.photo
"""
