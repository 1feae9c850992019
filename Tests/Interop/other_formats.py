"""safetensors and npz against the Python packages, and submission archives against tarfile and gzip."""
import os
import tarfile

import numpy as np

from harness import BFLOAT16, check, checksum, identical, model, read, same, save, tensorflow_reads, tool

MODEL = model(4, 77)
save("model.ckpt-77", MODEL)
PLAIN = {n: t for n, t in MODEL.items() if np.asarray(t).dtype not in (object, np.dtype(BFLOAT16))}
save("plain", PLAIN)


@check("npz: numpy reads ours, we read numpy's")
def _():
  tool("convert", "plain", "ours.npz")
  with np.load("ours.npz") as found:
    assert sorted(found.files) == sorted(PLAIN)
    for name, value in PLAIN.items():
      same(found[name], value, name)
  for writer, path in [(np.savez, "stored.npz"), (np.savez_compressed, "deflated.npz")]:
    writer(path, **PLAIN)
    tool("convert", path, path[:-4])
    tensorflow_reads(path[:-4], PLAIN)
    assert checksum(path) == checksum("plain"), "the container changes the checksum"
  np.savez("odd.npz", big=np.arange(6, dtype=">f4").reshape(2, 3), fortran=np.asfortranarray(np.eye(3)))
  tool("convert", "odd.npz", "odd")
  tensorflow_reads("odd", {"big": np.arange(6, dtype=np.float32).reshape(2, 3), "fortran": np.eye(3)})


try:
  from safetensors import safe_open
  from safetensors.numpy import load_file, save_file
except ImportError:
  print("left out: safetensors: the package is not installed")
else:
  # The package wants contiguous arrays, which drops the shape of scalars; it is put back below.
  TENSORS = {n: np.ascontiguousarray(np.asarray(t)) for n, t in PLAIN.items()}

  @check("safetensors: the package reads ours, we read the package's")
  def _():
    tool("convert", "plain", "ours.safetensors")
    found = load_file("ours.safetensors")
    assert sorted(found) == sorted(TENSORS)
    for name, value in PLAIN.items():
      same(found[name], value, name)
    save_file({n: t.reshape(np.asarray(PLAIN[n]).shape) for n, t in TENSORS.items()}, "theirs.safetensors",
              metadata={"format": "np"})
    tool("convert", "theirs.safetensors", "back")
    tensorflow_reads("back", PLAIN)
    assert checksum("theirs.safetensors") == checksum("plain"), "the container changes the checksum"

  @check("safetensors: bfloat16 by the package's own view")
  def _():
    save("brain", {"brain": MODEL["brain"]})
    tool("convert", "brain", "brain.safetensors")
    with safe_open("brain.safetensors", "np") as found:
      piece = found.get_slice("brain")
      assert piece.get_dtype() == "BF16" and piece.get_shape() == [3, 5]
    tool("convert", "brain.safetensors", "brain_back")
    tensorflow_reads("brain_back", {"brain": MODEL["brain"]})


@check("pack: tarfile opens it, the members are the files, twice the same bytes")
def _():
  with open("model.ckpt-77.meta", "wb") as meta:
    meta.write(os.urandom(5000))
  with open("model_flags.json", "w") as flags:
    flags.write('{"model": "NetVLADModelLF", "feature_sizes": "1024,128", "feature_names": "rgb,audio", '
                '"frame_features": true, "label_loss": "CrossEntropyLoss"}')
  for out in ["first.tgz", "second.tgz"]:
    tool("pack", "model.ckpt-77", "-o", out)
  identical("first.tgz", "second.tgz")
  with tarfile.open("first.tgz", "r:gz") as archive:
    names = set(archive.getnames())
    wanted = {"inference_model.data-00000-of-00001", "inference_model.index", "inference_model.meta",
              "model_flags.json"}
    assert wanted <= names, names
    archive.extractall("unpacked")
  tensorflow_reads("unpacked/inference_model", MODEL)
  identical("unpacked/inference_model.meta", "model.ckpt-77.meta")
  identical("unpacked/model_flags.json", "model_flags.json")


@check("unpack: archives of tarfile; links and paths that lead outside are refused")
def _():
  with tarfile.open("theirs.tgz", "w:gz") as archive:
    for name in sorted(os.listdir("unpacked")):
      archive.add("unpacked/" + name, name)
  tool("unpack", "theirs.tgz", "-o", "out")
  tensorflow_reads("out/inference_model", MODEL)
  evil = tarfile.TarInfo("../escaped")
  link = tarfile.TarInfo("link")
  link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
  for member in (evil, link):
    with tarfile.open("evil.tgz", "w:gz") as archive:
      archive.add("unpacked/inference_model.index", "inference_model.index")
      archive.addfile(member)
    try:
      tool("unpack", "evil.tgz", "-o", "evil")
    except AssertionError:
      pass
    else:
      raise AssertionError("%s was unpacked" % member.name)
    assert not os.path.exists("escaped") and not os.path.exists("evil")
