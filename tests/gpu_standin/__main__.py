"""Run something where torch has no GPU as if it had one.

    python tests/gpu_standin pytest -m gpu tests/gpu
    python tests/gpu_standin benchmarks/gpu.py --small

What is run is known to work then, before it costs time on a real GPU; its figures mean nothing.
"""

import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
NO_GPU = "import sys, torch; sys.exit(torch.cuda.is_available())"


def built(folder: Path) -> Path:
    """Build guard.cpp against this torch; return the library."""
    compiler, torch = shutil.which("g++"), find_spec("torch")
    if compiler is None:
        sys.exit("the stand-in for a GPU needs g++, and there is none: nothing was run")
    assert torch is not None and torch.origin is not None
    home, library = Path(torch.origin).parent, folder / "guard.so"
    flags = ["-O1", "-std=c++20", "-shared", "-fPIC", f"-I{home}/include", f"-L{home}/lib"]
    linked = ["-lc10", "-ltorch_cpu", f"-Wl,-rpath,{home}/lib"]
    command = [compiler, *flags, str(HERE / "guard.cpp"), "-o", str(library), *linked]
    subprocess.run(command, check=True)
    return library


def main() -> None:
    """Run pytest with the arguments after it, or a script with its own."""
    if subprocess.run([sys.executable, "-c", NO_GPU]).returncode:
        sys.exit("there is a GPU here: run it as it is")
    folder = Path(tempfile.mkdtemp(prefix="gpu-standin-"))
    try:
        # Every Python below this one, Ray's workers too, takes up the stand-in at its start.
        os.environ["RECSAE_GPU_STANDIN"] = str(built(folder))
        os.environ["RAY_OVERRIDE_RESOURCES"] = '{"GPU": 1}'
        above = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = f"{HERE}{os.pathsep}{above}" if above else str(HERE)
        sys.path.insert(0, str(HERE))
        import sitecustomize

        assert Path(sitecustomize.__file__) == HERE / "sitecustomize.py"
        run(*sys.argv[1:])
    finally:
        shutil.rmtree(folder)


def run(what: str, *words: str) -> None:
    """Run pytest or a script in this process."""
    if what == "pytest":
        import pytest

        sys.exit(pytest.main(list(words)))
    sys.argv = [what, *words]
    sys.path.insert(0, str(Path(what).parent))
    runpy.run_path(what, run_name="__main__")


if __name__ == "__main__":
    main()
