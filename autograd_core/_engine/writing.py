"""Writes files atomically."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from functools import partial
from pathlib import Path


def write_whole(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` to `path` through a temporary file beside it and an atomic rename.

    If the file exists, its permissions are kept, and if an exception is raised, it is left untouched.

    Raises:
        OSError: The file cannot be written.
    """
    target = Path(os.path.realpath(path))
    # this name does not contain the target's name, which may already be as long as the system allows
    temporary = target.with_name(f".autograd-core-{secrets.token_hex(8)}.tmp")
    try:
        permissions = stat.S_IMODE(target.stat().st_mode) if target.is_file() else None
        # nobody else can read the temporary file until it has the permissions of the file that it replaces
        opener = partial(os.open, mode=0o666 if permissions is None else 0o600)
        with open(temporary, "x", encoding="utf-8", opener=opener) as file:
            if permissions is not None:
                os.chmod(temporary, permissions)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and error.errno is not None:
            raise OSError(error.errno, error.strerror, os.fspath(path)) from None
        raise
