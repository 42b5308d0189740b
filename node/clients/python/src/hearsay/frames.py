"""Frames, as the peer speaks them: two lengths, a JSON header, and a safetensors file or nothing (node/engines/README.md)."""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

_PREFIX = struct.Struct("<IQ")
_PARENT_EVERY_SECONDS = 1.0


class Stream:
    """Two file descriptors. Whatever else the program prints goes to standard error."""

    def __init__(self, path: str | None) -> None:
        if path is None:
            _claim_standard_streams()
            self._input, self._output = os.dup(0), os.dup(1)
            os.dup2(2, 1)  # what libraries print is no frame
            _end_with(os.getppid())
        else:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.connect(path)
            self._input = self._output = self._socket.fileno()

    def read(self) -> tuple[dict[str, Any], memoryview] | None:
        """The next frame; None where the peer has gone."""
        prefix = self._read(_PREFIX.size)
        if prefix is None:
            return None
        header_bytes, body_bytes = _PREFIX.unpack(prefix)
        header, body = self._read(header_bytes), self._read(body_bytes)
        if header is None or body is None:
            return None
        return json.loads(bytes(header)), body

    def write(self, header: Mapping[str, Any], body: Sequence[memoryview] = ()) -> None:
        text = json.dumps(header, allow_nan=False, ensure_ascii=False).encode()
        begin = _PREFIX.pack(len(text), sum(part.nbytes for part in body)) + text
        for part in (memoryview(begin), *body):
            while part.nbytes:
                part = part[os.write(self._output, part) :]

    def _read(self, length: int) -> memoryview | None:
        view = memoryview(bytearray(length))
        filled = 0
        while filled < length:
            count = os.readv(self._input, [view[filled:]])
            if count == 0:
                return None
            filled += count
        return view


_claimed = False


def _claim_standard_streams() -> None:
    """Two that read would each miss what the other one reads."""
    global _claimed
    if multiprocessing.parent_process() is not None:
        raise RuntimeError(
            "this process was started by multiprocessing, and its parent speaks to the peer: "
            'make the Trainer under `if __name__ == "__main__":`'
        )
    if _claimed:
        raise RuntimeError("a Trainer speaks to the peer already; a program has one")
    _claimed = True


def _end_with(parent: int) -> None:
    """A peer that was killed closes the pipe; a training that hangs would not see it."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_PARENT_EVERY_SECONDS)
        print("hearsay: the peer has ended", file=sys.stderr)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
