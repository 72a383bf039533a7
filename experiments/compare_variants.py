"""Tune every variant alike, retrain the winners, and hold them together: are the claims true?

    python experiments/compare_variants.py --datasets grocery beauty [--quick]

The flags of the data (--min_user, --split, …) hold for every data set.

Stopped and started again with the same settings, it goes on where it was. `comparison` has
the method; `comparison.html` in --out is the answer.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from comparison.plan import QUICK, PlanSettings
from comparison.report.output import print_outcome, read_outcome, write_page

from recsae.cli.flags import flag_type, take_data
from recsae.cli.output import strict_json, tell_mistakes
from recsae.interactions.settings import DataSettings
from recsae.progress import say
from recsae.settings import expected, fields

SPECIAL = {"quick"}
DATA = [name for name in fields(DataSettings) if name != "dataset"]
"""Settings of every data set."""


def parser() -> argparse.ArgumentParser:
    """Return the command line: a flag for each setting of the plan."""
    made = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    made.add_argument("--datasets", nargs="+", default=["grocery", "beauty"], metavar="NAME")
    made.add_argument("--out", type=Path, default=Path("runs/comparison"), help="folder to fill")
    made.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    made.add_argument(
        "--quick", action="store_true", help=fields(PlanSettings)["quick"].description
    )
    made.add_argument(
        "--page", action="store_true", help="only write tables and page of --out again"
    )
    for name, field in fields(PlanSettings).items():
        if name not in SPECIAL:
            kind = {"seconds": float, "preset": str}.get(name, int)
            takes = expected(PlanSettings, name)
            words = f"{field.description} [{takes}; default {field.default}]".replace("%", "%%")
            made.add_argument(f"--{name}", type=kind, help=words)
    for name in DATA:
        field = fields(DataSettings)[name]
        words = f"data: {field.description} [{expected(DataSettings, name)}]".replace("%", "%%")
        made.add_argument(f"--{name}", type=flag_type(field.annotation), help=words)
    return made


def plan_of(options: dict[str, Any]) -> PlanSettings:
    """Return the checked plan; --quick fills in what is not given."""
    given = {name: options[name] for name in fields(PlanSettings) if options[name] is not None}
    return PlanSettings.of({**(QUICK if options["quick"] else {}), **given})


def run(options: dict[str, Any]) -> None:
    """Compare and print."""
    out: Path = options["out"]
    if options["page"]:
        found = read_outcome(out)
        write_page(found, out)
    else:
        plan = plan_of(options)
        data = take_data({name: options[name] for name in DATA})
        from comparison.run import compare

        found = compare(options["datasets"], plan, out, data=data)
    if options["json"]:
        sys.stdout.write(json.dumps(strict_json(found), allow_nan=False) + "\n")
    else:
        print_outcome(found, out)


def main() -> None:
    """Run; a user's mistake is one line on standard error and exit code 2."""
    options = vars(parser().parse_args())
    try:
        tell_mistakes("compare_variants", lambda: run(options))
    except KeyboardInterrupt:
        say("compare_variants: interrupted; what is finished is kept, the same command goes on")
        sys.exit(130)


if __name__ == "__main__":
    main()
