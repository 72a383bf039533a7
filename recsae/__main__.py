"""`python -m recsae`: the same as the command `recsae`."""

import locale
import os
import sys

# How long torch's threads spin while they wait for each other; read when torch loads. With the
# default, two pretrainings on two cores took 112 s where this takes 15 s. Alone nothing is lost.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

# In an ASCII locale neither recsae's files nor a user's could be read, nor by Ray's processes.
_UTF8 = sys.flags.utf8_mode or locale.getencoding().lower() in ("utf-8", "utf8")
if not _UTF8 and os.environ.get("PYTHONUTF8") != "1":
    os.environ["PYTHONUTF8"] = "1"
    os.execv(sys.executable, sys.orig_argv)

from recsae.cli.app import main as main  # noqa: E402

if __name__ == "__main__":
    main()
