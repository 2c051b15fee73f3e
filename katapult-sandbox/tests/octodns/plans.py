"""Applies zones to a sandbox by octodns, and plans again after each: the second plan must be empty.

KATAPULT_API_URL and KATAPULT_API_KEY are set as for any client.
"""

import logging
import os
import pathlib
import sys

from octodns.manager import Manager
from octodns.provider.yaml import YamlProvider
from octodns.zone import Zone
from octodns_katapult import KatapultProvider
from octodns_katapult.client import KatapultClient

FOLDER = pathlib.Path(__file__).parent

logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s %(message)s")
# The client has no option for another address.
KatapultClient.BASE = os.environ["KATAPULT_API_URL"] + "/core/v1"


class Changes:
    """Keeps the changes of a plan, in the place of octodns's printed plans."""

    def run(self, plans, **_):
        self.planned = [change for _, plan in plans for change in plan.changes]


def sync(dry_run):
    """Plans the zones of KATAPULT_ZONES, applies the plan unless dry_run, and returns the planned changes."""
    manager = Manager(str(FOLDER / "config.yaml"))
    changes = Changes()
    manager.plan_outputs = {"changes": changes}
    # Forced, as octodns refuses to delete most of a zone otherwise.
    applied = manager.sync(dry_run=dry_run, force=True)
    if applied != (0 if dry_run else len(changes.planned)):
        sys.exit(f"{applied} of {len(changes.planned)} changes applied")
    return changes.planned


def types(folder):
    """Returns the types of record in the zone files of a folder."""
    zones = [Zone(path.stem + ".", []) for path in folder.glob("*.yaml")]
    for zone in zones:
        YamlProvider("files", str(folder), enforce_order=False).populate(zone)
    return {record._type for zone in zones for record in zone.records}


def left_over():
    """Returns the records in the sandbox, but for those that the API keeps at the zone's own name."""
    client = KatapultClient(os.environ["KATAPULT_API_KEY"], "plans.py")
    names = [path.stem for path in (FOLDER / "emptied").glob("*.yaml")]
    records = [(name, record) for name in names for record in client.records(name)]
    kept = lambda name, record: record["full_name"].rstrip(".") == name and record["type"] in ("NS", "SOA")
    return [(record["full_name"], record["type"]) for name, record in records if not kept(name, record)]


def main():
    untested = KatapultProvider.SUPPORTS - types(FOLDER / "created")
    if untested:
        return f"no record of the types {sorted(untested)}"
    for step in ["created", "changed", "emptied"]:
        os.environ["KATAPULT_ZONES"] = str(FOLDER / step)
        planned, rest = sync(dry_run=False), sync(dry_run=True)
        print(f"{step}: {len(planned)} changes applied, then {len(rest)} planned")
        if not planned:
            return f"{step}: nothing to apply"
        if rest:
            return "\n".join([f"{step}: the plan after an apply must be empty:", *map(str, rest)])
    if records := left_over():
        return f"emptied: the zones still have {records}"
    return None


if __name__ == "__main__":
    sys.exit(main())
