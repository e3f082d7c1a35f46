"""Has `wann` use a build of the core that is not installed: the file that WANN_CORE names, with this folder in PYTHONPATH.

So tests run with a core that checks or counts, and so do the processes that they start.
"""

import importlib.util
import os
import sys

path = os.environ.get("WANN_CORE")
if path:
    name = "wann." + os.path.basename(path).partition(".")[0]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"WANN_CORE is {path!r}; it must be a compiled core, such as _core_v3.*.so")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    os.environ["WANN_INSTRUCTION_SET"] = name.rpartition("_")[2]
