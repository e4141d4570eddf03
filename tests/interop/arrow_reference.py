"""Arrow as pyarrow has it, for arrow_test.ts: reads a JSON request from standard input, answers on standard output.

Each array goes through IPC bytes: what TypeScript wrote is read as numpy reads it, and what pyarrow made of numpy's arrays is written.
"""
import base64
import io
import json
import sys

import numpy as np
import pyarrow as pa


def column(array):
    """The array as pyarrow itself makes a column of it."""
    if array.ndim == 1:
        return pa.array(array)
    return pa.FixedShapeTensorArray.from_numpy_ndarray(array)


def write(array, kind, batches, compression=None):
    table = pa.table({"values": pa.chunked_array([column(part) for part in np.array_split(array, batches)])})
    sink = io.BytesIO()
    new = {"stream": pa.ipc.new_stream, "file": pa.ipc.new_file}[kind]
    with new(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)
    return base64.b64encode(sink.getvalue()).decode()


def read(data, kind):
    data = base64.b64decode(data)
    table = {"stream": pa.ipc.open_stream, "file": pa.ipc.open_file}[kind](data).read_all()
    table.validate(full=True)
    (values,) = table.columns
    values = values.combine_chunks()
    values = values.chunk(0) if isinstance(values, pa.ChunkedArray) else values
    if isinstance(values, pa.FixedShapeTensorArray):
        items = values.to_numpy_ndarray()
    else:
        items = values.to_numpy(zero_copy_only=False)
    # Text and bytes come as objects.
    if items.dtype == object:
        items = np.array(items.tolist(), dtype="S" if pa.types.is_binary(values.type) else "U")
    return {
        "type": str(values.type),
        "dtype": items.dtype.str,
        "shape": list(items.shape),
        "data": base64.b64encode(np.ascontiguousarray(items).tobytes()).decode(),
    }


def main():
    request = json.load(sys.stdin)
    answer = {"read": [read(*each) for each in request["read"]], "write": []}
    for dtype, shape, data, *how in request["write"]:
        array = np.frombuffer(base64.b64decode(data), dtype=dtype).reshape(shape)
        answer["write"].append(write(array, *how))
    json.dump(answer, sys.stdout)


main()
