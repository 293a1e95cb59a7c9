"""Getting ready to serve: the tables as this version wants them, and the static files in their place."""

import copy
import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import OperationalError

from chatapp import environment


def prepare() -> None:
    """Does what is missing and nothing else, so that the second time costs a glance."""
    knock()
    migrate()
    collect_static()


def knock() -> None:
    """Ends the process with one line unless the database can be opened."""
    own = connections[DEFAULT_DB_ALIAS]
    described = copy.deepcopy(own.settings_dict)
    # The pool would try for ten seconds, and tell of every try.
    described["OPTIONS"].pop("pool", None)
    visit = type(own)(described, alias="visit")
    try:
        visit.ensure_connection()
    except OperationalError as error:
        reason = str(error).splitlines()[0]
        environment.refuse(f"DATABASE_URL leads to no database that opens ({described['NAME']}): {reason}")
    finally:
        visit.close()


def migrate() -> None:
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)


def collect_static() -> None:
    """Collects again when a source file has changed; what was there stays, for pages that are still open."""
    if not static_is_current():
        call_command("collectstatic", interactive=False, verbosity=0)
        _stamp().write_text(_fingerprint())


def static_is_current() -> bool:
    """Whether what was collected is what the source files say now."""
    stamp, root = _stamp(), Path(settings.STATIC_ROOT)
    return stamp.exists() and root.exists() and any(root.iterdir()) and stamp.read_text() == _fingerprint()


def _stamp() -> Path:
    return Path(settings.STATIC_ROOT).parent / "static.stamp"


def _fingerprint() -> str:
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: found[0]):
            facts = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
