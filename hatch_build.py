"""Puts the web bundle into the wheel: built when it is missing, and then Node is needed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebBundle(BuildHookInterface):  # type: ignore[type-arg]
    """Runs the web build unless web/dist is there (as in an sdist made from a built tree)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds web/dist to a wheel; an editable install finds it in the source tree."""
        web = Path(self.root) / "web"
        if not (web / "dist" / "manifest.json").exists():
            self._build(web)
        if version != "editable" and self.target_name == "wheel":
            build_data["force_include"][str(web / "dist")] = "web/dist"

    def _build(self, web: Path) -> None:
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError("web/dist is missing and there is no npm: install Node 20 or newer")
        self.app.display_info("building web/dist")
        subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=web, check=True)
        subprocess.run([npm, "run", "build"], cwd=web, check=True)
