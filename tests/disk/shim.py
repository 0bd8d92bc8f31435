"""A layer of ours in the very SQLite that this process uses: what it asks of the files passes here.

SQLite reaches files through a table of functions, its VFS. `between` copies the table of the
running library, puts our functions in place of those that change a file, and makes the copy the
default while it lasts. Everything else (reading, locks, the shared memory of the write-ahead log)
stays what it was, on the same files.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import POINTER, c_char_p, c_int, c_int64, c_void_p
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

OK: Final = 0
IOERR: Final = 10
FULL: Final = 13
IOERR_WRITE: Final = IOERR | 3 << 8
IOERR_FSYNC: Final = IOERR | 4 << 8

_OPEN: Final = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))
_DELETE: Final = ctypes.CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
_CLOSE: Final = ctypes.CFUNCTYPE(c_int, c_void_p)
_WRITE: Final = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_TRUNCATE: Final = ctypes.CFUNCTYPE(c_int, c_void_p, c_int64)
_SYNC: Final = ctypes.CFUNCTYPE(c_int, c_void_p, c_int)


class _Methods(ctypes.Structure):
    """sqlite3_io_methods, as far as we look."""

    _fields_ = (
        ("version", c_int),
        ("close", c_void_p),
        ("read", c_void_p),
        ("write", c_void_p),
        ("truncate", c_void_p),
        ("sync", c_void_p),
        ("others", c_void_p * 13),
    )


class _Vfs(ctypes.Structure):
    """sqlite3_vfs, as far as we look."""

    _fields_ = (
        ("version", c_int),
        ("size_of_file", c_int),
        ("longest_path", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", c_void_p),
        ("delete", c_void_p),
        ("others", c_void_p * 14),
    )


_CREATE: Final = 0x4
_JOURNALS: Final = 0x800 | 0x4000 | 0x80000
"""Kinds of files whose first sync flushes the folder too, when they were opened to be created."""


@dataclass(eq=False)
class File:
    """One open file of SQLite. `existed` before it was opened; `flushes_folder` when its first sync
    also puts the names in the folder on the disk."""

    path: Path
    existed: bool
    flushes_folder: bool


class Disk:
    """What happens to files, passed on as it is. `go` does the real thing and gives SQLite's
    result code; what is returned is what SQLite hears. Called on SQLite's own threads."""

    def opened(self, file: File) -> None:
        """A file was opened, and made if it was not there."""

    def write(self, file: File, at: int, data: bytes, go: Callable[[bytes], int]) -> int:
        """Bytes are written somewhere."""
        return go(data)

    def truncate(self, file: File, size: int, go: Callable[[], int]) -> int:
        """A file is made shorter."""
        return go()

    def sync(self, file: File, go: Callable[[], int]) -> int:
        """What was written must be on the disk when this returns."""
        return go()

    def delete(self, path: Path, flushes_folder: bool, go: Callable[[], int]) -> int:
        """A file is removed; `flushes_folder` when that must be on the disk too."""
        return go()


def library() -> ctypes.CDLL:
    """The SQLite that the module `sqlite3` of this process is linked to; raises RuntimeError when
    it cannot be reached, as in a Python that has it built in and shows none of its functions."""
    mapped = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines()}
    shared = [path for path in mapped if "/libsqlite3" in path]
    found = ctypes.CDLL(shared[0] if shared else getattr(_sqlite3, "__file__", None))
    try:
        found.sqlite3_libversion.restype = c_char_p
        version = found.sqlite3_libversion().decode()
    except AttributeError as error:
        raise RuntimeError("this Python has an SQLite built in that cannot be reached") from error
    if version != sqlite3.sqlite_version:
        raise RuntimeError(f"{found} is not the SQLite of this process")
    return found


_registered: Final[list[Any]] = []
"""Every layer ever made: connections opened through one may outlive its registration."""


@contextmanager
def between(disk: Disk, folder: Path) -> Iterator[None]:
    """While inside, files in `folder` that are opened go through `disk`, until they are closed."""
    sqlite = library()
    sqlite.sqlite3_vfs_find.restype = POINTER(_Vfs)
    real = sqlite.sqlite3_vfs_find(None)
    layer = _Layer(disk, folder, real)
    _registered.append(layer)
    sqlite.sqlite3_vfs_register(ctypes.byref(layer.vfs), 1)
    try:
        yield
    finally:
        sqlite.sqlite3_vfs_register(real, 1)
        sqlite.sqlite3_vfs_unregister(ctypes.byref(layer.vfs))


class _Layer:
    """The copied tables, and which open file is which."""

    def __init__(self, disk: Disk, folder: Path, real: Any) -> None:
        self._disk, self._folder, self._real = disk, folder.resolve(), real
        self._files: dict[int, File] = {}
        self._methods: dict[int, tuple[_Methods, _Methods]] = {}
        self._original: dict[int, _Methods] = {}
        self._kept: list[Any] = []
        self._real_open = _OPEN(real.contents.open)
        self._real_delete = _DELETE(real.contents.delete)
        self.vfs = _Vfs.from_buffer_copy(real.contents)
        self.vfs.name = f"layer-{len(_registered)}".encode()
        self.vfs.open = self._callback(_OPEN, self._open, IOERR)
        self.vfs.delete = self._callback(_DELETE, self._delete, IOERR)

    def _callback(self, kind: Any, function: Callable[..., int], failing: int) -> int | None:
        """An address that SQLite can call; an error of ours is an error to SQLite, not silence."""

        def safely(*arguments: Any) -> int:
            try:
                return function(*arguments)
            except BaseException:  # noqa: BLE001 nothing may pass through a C frame
                traceback.print_exc()
                return failing

        made = kind(safely)
        self._kept.append(made)
        return ctypes.cast(made, c_void_p).value

    def _is_ours(self, path: Path) -> bool:
        return path.parent == self._folder

    def _open(self, _: int, name: int | None, handle: int, flags: int, out: Any) -> int:
        path = None if name is None else Path(ctypes.string_at(name).decode())
        existed = path is not None and path.exists()
        # with the real table and the very pointer to the name: SQLite keeps both
        result: int = self._real_open(ctypes.cast(self._real, c_void_p), name, handle, flags, out)
        if result == OK and path is not None and self._is_ours(path):
            table = ctypes.cast(handle, POINTER(c_void_p))
            original, ours = self._tables(int(table[0] or 0))
            self._original[handle] = original
            self._files[handle] = File(path, existed, _flushes_folder(flags))
            table[0] = ctypes.addressof(ours)
            self._disk.opened(self._files[handle])
        return result

    def _tables(self, address: int) -> tuple[_Methods, _Methods]:
        """The table of a file and our copy of it: SQLite has some, by the kind of locking."""
        if address not in self._methods:
            original = _Methods.from_address(address)
            ours = _Methods.from_buffer_copy(original)
            ours.close = self._callback(_CLOSE, self._close, IOERR)
            ours.write = self._callback(_WRITE, self._write, IOERR_WRITE)
            ours.truncate = self._callback(_TRUNCATE, self._truncate, IOERR)
            ours.sync = self._callback(_SYNC, self._sync, IOERR_FSYNC)
            self._methods[address] = original, ours
        return self._methods[address]

    def _close(self, handle: int) -> int:
        self._files.pop(handle)
        return _CLOSE(self._original.pop(handle).close)(handle)

    def _write(self, handle: int, data: int, size: int, at: int) -> int:
        go = _WRITE(self._original[handle].write)

        def write(what: bytes) -> int:
            return go(handle, ctypes.cast(c_char_p(what), c_void_p), len(what), at)

        return self._disk.write(self._files[handle], at, ctypes.string_at(data, size), write)

    def _truncate(self, handle: int, size: int) -> int:
        go = _TRUNCATE(self._original[handle].truncate)
        return self._disk.truncate(self._files[handle], size, lambda: go(handle, size))

    def _sync(self, handle: int, flags: int) -> int:
        go = _SYNC(self._original[handle].sync)
        return self._disk.sync(self._files[handle], lambda: go(handle, flags))

    def _delete(self, _: int, name: bytes, flush: int) -> int:
        path = Path(name.decode())

        def delete() -> int:
            return self._real_delete(ctypes.cast(self._real, c_void_p), name, flush)

        if not self._is_ours(path):
            return delete()
        return self._disk.delete(path, bool(flush), delete)


def _flushes_folder(flags: int) -> bool:
    return bool(flags & _CREATE and flags & _JOURNALS)
