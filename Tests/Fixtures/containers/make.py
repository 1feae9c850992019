#!/usr/bin/env python3
"""Writes the files beside it: pip install numpy==2.4.6 ml_dtypes==0.6.0 safetensors==0.8.0.

expected.json holds, for each file and tensor, TensorFlow's dtype name, the shape, and the row-major little-endian bytes
(of strings: a list of each element's bytes). small_floats.json holds the 256 values of each 8- and 4-bit type as C99
hexadecimal floats.
"""
import io, json, math, pathlib, zipfile
import ml_dtypes as ml
import numpy as np
import safetensors.numpy

here = pathlib.Path(__file__).parent
expected = {}
rng = np.random.default_rng(20260101)


def values(dtype, shape):
    dtype = np.dtype(dtype)
    raw = rng.integers(0, 256, size=int(np.prod(shape)) * dtype.itemsize, dtype=np.uint8)
    if dtype == np.bool_:
        raw &= 1
    return raw.view(dtype).reshape(shape)


def describe(array):
    array = np.asarray(array)
    if array.dtype.kind in "SU":
        strings = [s if isinstance(s, bytes) else s.encode() for s in array.ravel().tolist()]
        return {"dtype": "string", "shape": list(array.shape), "strings": [s.hex() for s in strings]}
    plain = np.ascontiguousarray(array).reshape(array.shape)
    if plain.dtype.byteorder == ">":
        plain = plain.astype(plain.dtype.newbyteorder("<"))
    return {"dtype": plain.dtype.newbyteorder("=").name, "shape": list(array.shape), "bytes": plain.tobytes().hex()}


def npy(name, array, version=None):
    with open(here / (name + ".npy"), "wb") as file:
        np.lib.format.write_array(file, np.asanyarray(array), version=version)
    expected[name + ".npy"] = {"": describe(array)}


numbers = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32",
           "float64", "complex64", "complex128"]
for dtype in numbers:
    npy(dtype, values(dtype, (2, 3)))
npy("bfloat16", values(ml.bfloat16, (5,)))
npy("scalar", np.float32(1.5))
npy("empty", np.zeros((0, 4), np.float32))
npy("rank20", np.arange(2, dtype=np.uint8).reshape((1,) * 10 + (2,) + (1,) * 9))
npy("long_first", np.zeros((1 << 40, 0), np.int16))
npy("version2", values("float32", (2, 2)), (2, 0))
npy("version3", values("float32", (2, 2)), (3, 0))
npy("big_endian", values(">i4", (2, 3)))
npy("big_endian_complex", values(">c8", (3,)))
npy("big_endian_fortran", np.asfortranarray(values(">f8", (3, 2))))
npy("fortran2", np.asfortranarray(values("uint8", (70, 45))))
npy("fortran3", np.asfortranarray(values("int16", (3, 4, 5))))
npy("fortran4", np.asfortranarray(values("complex128", (2, 1, 3, 2))))
npy("fortran_vector", np.asfortranarray(values("float32", (1, 7, 1))))
npy("fortran_bfloat16", np.asfortranarray(values(ml.bfloat16, (3, 4))))

# What is refused.
np.save(here / "object.npy", np.array([None, 1]), allow_pickle=True)
np.save(here / "structured.npy", np.zeros(2, [("a", "<f4"), ("b", "<i2")]))
np.save(here / "datetime.npy", np.zeros(2, "M8[s]"))
np.save(here / "longdouble.npy", np.zeros(2, "g"))
np.save(here / "float8.npy", np.zeros(2, ml.float8_e4m3fn))
np.save(here / "int4.npy", np.zeros(2, ml.int4))

arrays = {d: values(d, (2, 3)) for d in numbers}
arrays |= {"bfloat16": values(ml.bfloat16, (4,)), "scalar": np.float64(-0.0), "empty": np.zeros((3, 0), np.int8),
           "scope/weights:0": values("float32", (2, 2)), "scope/é": values("uint8", (3,)), "a.npy": np.int32([7])}
arrays = dict(sorted(arrays.items(), key=lambda item: item[0].encode()))
np.savez(here / "savez.npz", **arrays)
np.savez_compressed(here / "savez_compressed.npz", **arrays, zeros=np.zeros((32, 64), np.float32),
                    fortran=np.asfortranarray(values("float32", (5, 6))))
strings = {"bytes": np.array([[b"", b"abc"], [b"a\0b", b"\xff"]]), "text": np.array(["", "h\u00e9", "\U0001f600", "a\0b"]),
           "text_big": np.array(["ab", "\u00e9"], dtype=">U3"), "scalar": np.array("one"), "number": np.int64(3)}
np.savez(here / "strings.npz", **strings)
np.savez_compressed(here / "strings_compressed.npz", **strings)
for name in ["savez", "savez_compressed", "strings", "strings_compressed"]:
    with np.load(here / (name + ".npz")) as archive:
        tensors = {key: describe(archive[key]) for key in archive.files}
    if "bfloat16" in tensors:
        tensors["bfloat16"]["dtype"] = "bfloat16"
    expected[name + ".npz"] = tensors


class Pipe(io.BytesIO):
    """Cannot seek, so zipfile writes sizes behind the data."""
    def seekable(self):
        return False
    def seek(self, *_):
        raise OSError
    def tell(self):
        raise OSError


pipe = Pipe()
with zipfile.ZipFile(pipe, "w") as archive:
    for method, name in [(zipfile.ZIP_STORED, "stored"), (zipfile.ZIP_DEFLATED, "deflated")]:
        member = io.BytesIO()
        np.save(member, arrays["float32"])
        archive.writestr(zipfile.ZipInfo(name + ".npy"), member.getvalue(), method)
(here / "streamed.npz").write_bytes(pipe.getvalue())
expected["streamed.npz"] = {name: describe(arrays["float32"]) for name in ["stored", "deflated"]}

tensors = {d: values(d, (2, 3)) for d in numbers if d != "complex128"}
for dtype in [ml.bfloat16, ml.float8_e5m2, ml.float8_e4m3fn, ml.float8_e4m3fnuz, ml.float8_e5m2fnuz]:
    tensors[np.dtype(dtype).name] = values(dtype, (3, 2))
tensors |= {"scalar": np.array(2.5, np.float32), "empty": np.zeros((0, 3), np.float64), "Z": np.float32([1]),
            "scope/é\"\\\n\t\r\b\f\x01\x1f\x7f/": np.float32([3])}
expected["all.safetensors"] = {name: describe(t) for name, t in tensors.items()}
(here / "all.safetensors").write_bytes(safetensors.numpy.save(tensors, metadata={"format": "tf \"quoted\" é"}))
(here / "none.safetensors").write_bytes(safetensors.numpy.save({}))
expected["none.safetensors"] = {}

(here / "expected.json").write_text(json.dumps(expected, separators=(",", ":"), sort_keys=True) + "\n")

small = {}
for dtype in [ml.float8_e5m2, ml.float8_e4m3fn, ml.float8_e4m3fnuz, ml.float8_e4m3b11fnuz, ml.float8_e5m2fnuz,
              ml.float4_e2m1fn]:
    count = 16 if dtype is ml.float4_e2m1fn else 256
    table = np.arange(count, dtype=np.uint8).view(dtype).astype(np.float64)
    small[np.dtype(dtype).name] = ["nan" if math.isnan(v) else float(v).hex() for v in table]
(here / "small_floats.json").write_text(json.dumps(small) + "\n")
