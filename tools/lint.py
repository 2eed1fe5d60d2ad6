"""The checks that need a little more than a linter's command line; called by pre-commit.

python -m tools.lint addons PROGRAM...    runs a program on every addon of the repository
python -m tools.lint compose              checks the rules of compose.yaml that its schema cannot express
"""

from __future__ import annotations

import re
import subprocess
import sys

import yaml

from tools.stack.paths import ADDONS, ROOT, suite_addons

SECRET_NAME = re.compile(r"PASSWORD|SECRET|TOKEN|KEY|BROKER_URL", re.IGNORECASE)


def compose_faults(content: dict) -> list[str]:
    """What compose.yaml may not do: listen beyond loopback, start without a health check, carry a secret."""
    faults = []
    for name, service in content["services"].items():
        faults += [
            f"{name}: port {port} is not bound to 127.0.0.1"
            for port in service.get("ports", [])
            if not str(port).startswith("127.0.0.1:")
        ]
        runs_once = service.get("restart") == "no"
        if "healthcheck" not in service and not runs_once:
            faults.append(f"{name}: no health check")
        for variable, value in service.get("environment", {}).items():
            # A secret comes from a mounted file or must be given by the caller: "${NAME:?}" has no default.
            given = str(value).startswith("/run/secrets/") or re.search(r"\$\{\w+:\?", str(value))
            if SECRET_NAME.search(variable) and not given:
                faults.append(f"{name}: {variable} has a value in the file")
    return faults


def main(arguments: list[str]) -> int:
    """Runs one check; returns the exit status."""
    if arguments == ["compose"]:
        faults = compose_faults(yaml.safe_load((ROOT / "compose.yaml").read_text()))
        print("\n".join(faults))
        return bool(faults)
    if arguments[:1] == ["addons"] and arguments[1:]:
        folders = [ADDONS / name for name in suite_addons()]
        return subprocess.run([*arguments[1:], *folders], cwd=ROOT, check=False).returncode
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
