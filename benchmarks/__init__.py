"""The measurements behind the figures of README and docs, each a command that prints a table.

.venv/bin/python -m benchmarks.start
.venv/bin/python -m benchmarks.photo
.venv/bin/python -m benchmarks.training --data DIR
.venv/bin/python -m benchmarks.datasets --data DIR
.venv/bin/python -m benchmarks.evaluation --data DIR
"""
