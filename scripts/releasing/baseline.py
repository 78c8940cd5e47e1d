"""Take today's contract and public APIs as the released ones: `released/`. Part of a release, never of a change."""

from __future__ import annotations

import json
import shutil

from . import RELEASED, ROOT
from .api_diff import DECLARATIONS, contract_version, package_version, python_version, typescript
from .python_surface import as_text, python_surface


def main() -> None:
    shutil.copy(ROOT / "openapi.yaml", RELEASED / "openapi.yaml")
    (RELEASED / "python.json").write_text(as_text(python_surface(ROOT)), encoding="utf-8")
    (RELEASED / "typescript.d.ts").write_text(typescript("strip", DECLARATIONS), encoding="utf-8")
    versions = {
        "contract": contract_version(ROOT),
        "python": python_version(ROOT),
        "typescript": package_version(ROOT),
    }
    (RELEASED / "versions.json").write_text(json.dumps(versions, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
