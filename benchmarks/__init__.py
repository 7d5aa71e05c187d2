"""The measurements behind the figures of README and docs, each a command that prints a table.

.venv/bin/python -m benchmarks.start
.venv/bin/python -m benchmarks.photo
.venv/bin/python -m benchmarks.pages
.venv/bin/python -m benchmarks.training --data DIR
.venv/bin/python -m benchmarks.datasets --data DIR
.venv/bin/python -m benchmarks.evaluation --data DIR
.venv/bin/python -m benchmarks.recognition [--data DIR --fer PYTHON]
.venv/bin/python -m benchmarks.detectors --data DIR
.venv/bin/python -m benchmarks.tracking --data DIR
.venv/bin/python -m benchmarks.live --data DIR [--old]
.venv/bin/python -m benchmarks.video --data DIR [--keep DIR]
.venv/bin/python -m benchmarks.crops --wild DIR --fer2013 FER2013.CSV
.venv/bin/python -m benchmarks.quality FER2013.CSV FER2013NEW.CSV
.venv/bin/python -m benchmarks.records
.venv/bin/python -m benchmarks.personal_data
"""
