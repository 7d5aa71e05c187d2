"""One step for a new installation, and all the steps of one from before."""

from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader


def test_a_new_installation_gets_the_tables_of_one_from_before():
    new = MigrationLoader(None)
    before = MigrationLoader(None, replace_migrations=False)
    assert len(new.graph.nodes) < len(before.graph.nodes)

    tables, tables_before = new.project_state(), before.project_state()
    changes = MigrationAutodetector(tables_before, tables)._detect_changes()

    assert tables.models.keys() == tables_before.models.keys()
    assert {app: [step.operations for step in steps] for app, steps in changes.items()} == {}
