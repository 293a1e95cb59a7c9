"""What every test stands on: profiles for hypothesis, and no skipping where nothing may be skipped."""

import functools
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import TypeVar

import pytest
from django.apps import apps
from django.conf import settings as site
from django.contrib.auth.models import User
from django.db import DEFAULT_DB_ALIAS, connections
from django.test import Client, TransactionTestCase
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright

from tests import machine, product

T = TypeVar("T")

# A failing example prints what replays it; the seed of the order of tests is in pytest's first lines.
settings.register_profile("dev", max_examples=50, deadline=None, print_blob=True)
settings.register_profile(
    "ci", max_examples=200, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


# What Django makes of our models after every migration, and would make anew after every test with real transactions:
# it took most of the time of such a test, and is the same each time.
STAYS = {"django_content_type", "auth_permission"}
# The index of words is a table, too, but none of a model.
NO_WORDS = {
    "postgresql": "DELETE FROM chatapp_words",
    "sqlite": "INSERT INTO chatapp_words (chatapp_words) VALUES ('delete-all')",
}


def _empty(self: TransactionTestCase) -> None:
    for alias in self._databases_names(include_mirrors=False):  # type: ignore[attr-defined] # Django's own
        connection = connections[alias]
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        # PostgreSQL makes the files of a table anew when it is truncated, and these hold a few rows, if any.
        flush = [f'DELETE FROM "{table}"' for table in tables if table not in STAYS]
        connection.ops.execute_sql_flush([*flush, NO_WORDS[connection.vendor]])


TransactionTestCase._fixture_teardown = _empty  # type: ignore[attr-defined] # Django's own


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """On SQLite: the one that was copied is not made anew."""
    return connections["default"].vendor == "sqlite"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_keepdb: bool) -> Iterator[None]:
    if not django_db_keepdb:
        yield
        return
    database = Path(connections["default"].settings_dict["TEST"]["NAME"])
    # Also before: a run that was killed may have had our number, and a log beside another file spoils that.
    _remove(database)
    shutil.copy(product.migrated(), database)
    yield
    connections["default"].close()
    _remove(database)


def _remove(database: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        Path(f"{database}{end}").unlink(missing_ok=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Nothing is skipped: what is about the other stores is no test of these."""
    others = "large" if connections[DEFAULT_DB_ALIAS].vendor == "sqlite" else "small"
    out = [item for item in items if item.get_closest_marker(others)]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in set(out)]


def pytest_unconfigure() -> None:
    shutil.rmtree(site.CHATAPP_ATTACHMENTS, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def in_browser() -> Iterator[Callable[[Callable[[Browser], T]], T]]:
    """Runs a function with a Chromium, in the one thread that Playwright's event loop has to itself."""
    with ThreadPoolExecutor(1) as thread:
        playwright = thread.submit(sync_playwright().start).result()
        launch = functools.partial(
            playwright.chromium.launch, executable_path=machine.chromium(), args=["--no-sandbox"]
        )
        browser = thread.submit(launch).result()
        try:
            yield lambda function: thread.submit(function, browser).result()
        finally:
            thread.submit(browser.close).result()
            thread.submit(playwright.stop).result()


@pytest.fixture
def grace(db: None) -> User:
    """The administrator."""
    return User.objects.create_superuser("grace")


@pytest.fixture
def office(grace: User) -> Client:
    """The administrator's browser."""
    client = Client()
    client.force_login(grace)
    return client


@pytest.fixture
def price_book(transactional_db: None) -> None:
    """The first rows, which a test with real transactions does not find after another one."""
    if not apps.get_model("chatapp", "Price")._default_manager.exists():
        import_module("chatapp.migrations.0003_price_book").seed(apps, None)
