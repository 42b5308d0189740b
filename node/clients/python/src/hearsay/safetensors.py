"""The safetensors format: a length, a JSON header, and the values of tensors one after another.

Arrays are written as float32, which is what peers exchange. What is read may be of any of the dtypes below, as float32 too where it is narrower.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

_DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "<i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "<u1",
    "BOOL": "|b1",
}
_METADATA = "__metadata__"
_MAX_HEADER_BYTES = 100_000_000


class SafetensorsError(ValueError):
    """Bytes that are no safetensors file."""


def header_of(shapes: Mapping[str, tuple[int, ...]], metadata: Mapping[str, str] | None = None) -> bytes:
    """All of a file of float32 tensors that comes before the values."""
    fields: dict[str, Any] = {_METADATA: dict(metadata)} if metadata else {}
    begin = 0
    for name, shape in shapes.items():
        end = begin + 4 * int(np.prod(shape, dtype=np.int64))
        fields[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def parts(tensors: Mapping[str, npt.ArrayLike], metadata: Mapping[str, str] | None = None) -> list[memoryview]:
    """A file in parts; arrays that are float32 already are not copied."""
    arrays = {name: np.ascontiguousarray(value, dtype="<f4").reshape(np.shape(value)) for name, value in tensors.items()}
    header = header_of({name: array.shape for name, array in arrays.items()}, metadata)
    return [memoryview(header), *(array.reshape(-1).view(np.uint8).data for array in arrays.values() if array.size)]


def save_file(tensors: Mapping[str, npt.ArrayLike], path: str | os.PathLike[str], metadata: Mapping[str, str] | None = None) -> None:
    """Writes a file of float32 tensors."""
    with open(path, "wb") as file:
        file.writelines(parts(tensors, metadata))


def load_file(path: str | os.PathLike[str]) -> dict[str, npt.NDArray[Any]]:
    """The tensors of a file, e.g. of `hearsay export`, in its order."""
    with open(path, "rb") as file:
        return loads(bytearray(file.read()))


def loads(data: bytes | bytearray | memoryview) -> dict[str, npt.NDArray[Any]]:
    """The tensors of a file in memory: views of it, which can be written where the memory can."""
    view = memoryview(data)
    if len(view) < 8:
        raise SafetensorsError(f"{len(view)} bytes cannot hold the length of a header")
    (length,) = struct.unpack_from("<Q", view)
    if length > _MAX_HEADER_BYTES or length > len(view) - 8:
        raise SafetensorsError("the file ends inside its header")
    try:
        fields = json.loads(bytes(view[8 : 8 + length]))
        entries = sorted(
            ((name, one) for name, one in fields.items() if name != _METADATA), key=lambda item: item[1]["data_offsets"]
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SafetensorsError(f"the header cannot be read: {error}") from error
    values = view[8 + length :]
    tensors: dict[str, npt.NDArray[Any]] = {}
    reached = 0
    for name, entry in entries:
        begin, end = entry["data_offsets"]
        tensors[name] = _tensor(name, entry, values[begin:end])
        if begin != reached or end > len(values):
            raise SafetensorsError(f"tensor {name!r} does not begin where the one before ends")
        reached = end
    if reached != len(values):
        raise SafetensorsError(f"{len(values) - reached} bytes of data belong to no tensor")
    return tensors


def _tensor(name: str, entry: Mapping[str, Any], data: memoryview) -> npt.NDArray[Any]:
    dtype, shape = entry["dtype"], tuple(entry["shape"])
    if dtype == "BF16":  # the upper half of a float32
        halves = np.frombuffer(data, "<u2").astype("<u4") << 16
        return halves.view("<f4").reshape(shape)
    if dtype not in _DTYPES:
        raise SafetensorsError(f"tensor {name!r} has dtype {dtype}, which is not read")
    try:
        return np.frombuffer(data, _DTYPES[dtype]).reshape(shape)
    except ValueError as error:
        raise SafetensorsError(f"tensor {name!r} {list(shape)} {dtype}: {error}") from error
