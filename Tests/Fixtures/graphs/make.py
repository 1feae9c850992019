"""Writes expected.json: what TensorFlow finds in the graphs of this folder. Run under TensorFlow 2."""
import hashlib
import json
import os

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import node_def_pb2, tensor_pb2
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

v1 = tf.compat.v1
v1.disable_eager_execution()
here = os.path.dirname(os.path.abspath(__file__))


def digest(lines):
  return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def lines(nodes):
  return ["%s %s %s" % (n.name, n.op, " ".join(n.input)) for n in nodes]


def scoped(path):
  """The names, operators, inputs and colocations that an import under S has, and the first collections."""
  with tf.Graph().as_default() as graph:
    saver = v1.train.import_meta_graph(path, import_scope="S")
    text = ["%s %s %s %s" % (n.name, n.op, " ".join(n.input),
                             " ".join(sorted(s.decode() for s in n.attr["_class"].list.s)))
            for n in graph.as_graph_def().node]
    variables = [[v.name, v.initializer.name] for v in v1.global_variables()]
    return {"nodes": digest(sorted(text)), "variables": variables, "saver": saver.as_saver_def().restore_op_name}


def graph_facts(name):
  path = os.path.join(here, name)
  data = open(path, "rb").read()
  if name.endswith(".pb"):
    meta = saved_model_pb2.SavedModel.FromString(data).meta_graphs[0]
  else:
    meta = meta_graph_pb2.MetaGraphDef.FromString(data)
  facts = {"nodes": len(meta.graph_def.node), "lines": digest(lines(meta.graph_def.node)),
           "attributes": sum(len(n.attr) for n in meta.graph_def.node),
           "collections": {k: len(getattr(c, c.WhichOneof("kind")).value) for k, c in meta.collection_def.items()},
           "constants": {}}
  for node in meta.graph_def.node:
    if node.op == "Const":
      value = tf.make_ndarray(node.attr["value"].tensor)
      if value.dtype == object:
        text = b"".join(len(s).to_bytes(8, "little") + s for s in value.ravel())
      else:
        text = np.ascontiguousarray(value).tobytes()
      facts["constants"][node.name] = [list(value.shape), hashlib.sha256(text).hexdigest()[:16]]
  if not name.endswith(".pb"):
    facts["scoped"] = scoped(path)
  return facts


def constant(proto):
  """What a Const of this TensorProto gives when TensorFlow runs it."""
  with tf.Graph().as_default() as graph, v1.Session() as session:
    node = node_def_pb2.NodeDef(name="c", op="Const")
    node.attr["dtype"].type = proto.dtype
    node.attr["value"].tensor.CopyFrom(proto)
    definition = v1.GraphDef()
    definition.node.append(node)
    tf.import_graph_def(definition, name="")
    value = np.asarray(session.run("c:0"), dtype=object if proto.dtype == tf.string.as_datatype_enum else None)
  case = {"proto": proto.SerializeToString().hex(), "dtype": tf.as_dtype(proto.dtype).name, "shape": list(value.shape)}
  if value.dtype == object:
    case["strings"] = [s.hex() for s in value.ravel()]
  else:
    case["bytes"] = np.ascontiguousarray(value).tobytes().hex()
  return case


def constants():
  fields = {"float32": ("float_val", [1.5, -2.25, 3]), "float64": ("double_val", [1.5, 1e300]),
            "int32": ("int_val", [7, -8]), "int16": ("int_val", [-300, 5]), "int8": ("int_val", [-3, 9]),
            "uint8": ("int_val", [200, 3]), "uint16": ("int_val", [60000, 1]), "uint32": ("uint32_val", [4000000000]),
            "uint64": ("uint64_val", [2**63, 5]), "int64": ("int64_val", [-2**62, 3]), "bool": ("bool_val", [True, False]),
            "string": ("string_val", [b"ab", b"\x00\xff", b""]), "complex64": ("scomplex_val", [1, 2, 3, 4]),
            "complex128": ("dcomplex_val", [1, 2]), "half": ("half_val", [15360, 49152]),
            "bfloat16": ("half_val", [16256])}
  for dtype, (field, values) in fields.items():
    for shape in [[], [2], [2, 3], [0]]:
      for given in [values, values[:2] if "complex" in dtype else values[:1], []]:
        proto = tensor_pb2.TensorProto(dtype=tf.as_dtype(dtype).as_datatype_enum)
        proto.tensor_shape.SetInParent()
        for size in shape:
          proto.tensor_shape.dim.add(size=size)
        getattr(proto, field).extend(given)
        yield proto
  content = tensor_pb2.TensorProto(dtype=1, tensor_content=np.float32([1, 2]).tobytes(), float_val=[9])
  content.tensor_shape.dim.add(size=2)
  yield content
  wrong = tensor_pb2.TensorProto(dtype=1, int_val=[9])
  wrong.tensor_shape.dim.add(size=2)
  yield wrong


def attempt(proto):
  try:
    return constant(proto)
  except Exception as error:  # What TensorFlow itself refuses tells nothing.
    print(tf.as_dtype(proto.dtype).name, str(error)[:100])
    return None


names = sorted(n for n in os.listdir(here) if n.endswith(".meta")) + ["half_plus_two/saved_model.pb"]
with open(os.path.join(here, "expected.json"), "w") as file:
  json.dump({"graphs": {n: graph_facts(n) for n in names},
             "constants": [c for c in map(attempt, constants()) if c]}, file, indent=0, sort_keys=True)
  file.write("\n")
