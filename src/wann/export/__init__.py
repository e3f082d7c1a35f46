"""Networks for elsewhere: ONNX, PyTorch, C, Python, formulas and graphs.

======================  ==================================================================================================
`to_onnx`               a graph for ONNX runtimes (the extra ``onnx``)
`to_torch`              a module of PyTorch whose weights can be trained; `from_torch` is the way back (``torch``)
`to_c`                  one file of C99
`to_python`             one file of Python without imports of packages
`to_formula`            SymPy expressions, LaTeX and text (``formula``)
`to_dot`, `to_graphml`  a graph for Graphviz, NetworkX and Gephi
`write`                 any of them as a file, as ``wann export`` does
======================  ==================================================================================================

What stands before and after a network in a policy goes into the first four with ``policy=wann.tasks.policy_parts(network,
task)``. Of a recurrent network these four are a step, from the memory of the step before to that of this one.
"""

import importlib
from typing import TYPE_CHECKING, Any

from wann.export.c import to_c
from wann.export.files import TARGETS, write
from wann.export.graphs import to_dot, to_graphml
from wann.export.python import to_python

if TYPE_CHECKING:
    from wann.export.formula import Formula, to_formula
    from wann.export.onnx import to_onnx
    from wann.export.torch import from_torch, to_torch, to_torch_source

__all__ = [
    "TARGETS",
    "Formula",
    "from_torch",
    "to_c",
    "to_dot",
    "to_formula",
    "to_graphml",
    "to_onnx",
    "to_python",
    "to_torch",
    "to_torch_source",
    "write",
]

#: What needs an extra is imported when it is asked for.
_LAZY = {
    "Formula": "wann.export.formula",
    "from_torch": "wann.export.torch",
    "to_formula": "wann.export.formula",
    "to_onnx": "wann.export.onnx",
    "to_torch": "wann.export.torch",
    "to_torch_source": "wann.export.torch",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
