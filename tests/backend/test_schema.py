"""The store accepts its own database files and rejects all others unchanged."""

from __future__ import annotations

import sqlite3
import warnings
from pathlib import Path

import pytest

from netra.local import LocalServer


def test_a_database_of_another_program_is_rejected_and_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    db = sqlite3.connect(path)
    db.executescript("PRAGMA user_version = 1; CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1);")
    db.close()
    with pytest.raises(ValueError, match="not a database of this version"):
        LocalServer(db=path).start()
    db = sqlite3.connect(path)
    assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    db.close()


def test_a_database_in_memory_is_rejected() -> None:
    with pytest.raises(ValueError, match="needs a file"):
        LocalServer(db=":memory:").start()


def test_a_file_that_is_no_database_leaves_no_open_connection(tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_text("this is not a database, and long enough to be read as one " * 100)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        with pytest.raises(sqlite3.DatabaseError):
            LocalServer(db=path).start()
