"""All rows in C, translated and compiled once."""

import pytest


@pytest.fixture(scope="session")
def in_c(running, tmp_path_factory):
    """All rows in C, by name, and the library they are in."""
    from autograd_core._translation.kernels import rows_of_numbers
    from autograd_core._translation.rows import translated_rows

    rows, translation, refused = translated_rows(rows_of_numbers())
    named = [f for row in rows for f in row.functions if not row.many or f not in row.beside]  # those take two lists
    library = running.Compiled(translation.functions, dict.fromkeys(named), tmp_path_factory.mktemp("c"))
    return {row.row.name: row for row in rows}, library, refused
