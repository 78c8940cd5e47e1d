"""Write the TypeScript of the contract: models, readers, operations and filter fields.

Usage: typescript_client.py openapi.yaml generated/typescript
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from contract.document import load
from typescript.filter_fields import filter_fields_file
from typescript.models import models_file
from typescript.operations import operations_file
from typescript.readers import readers_file

FILES = {
    "models.ts": models_file,
    "readers.ts": readers_file,
    "operations.ts": operations_file,
    "filter-fields.ts": filter_fields_file,
}
COPIED = ("checks.ts", "request.ts")
"""Written by hand: what the others call."""


def main(contract: str, target: str) -> None:
    document = load(contract)
    directory = Path(target)
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in FILES.items():
        (directory / name).write_text(content(document), encoding="utf-8")
    for name in COPIED:
        shutil.copy(Path(__file__).parent / "typescript" / name, directory / name)


if __name__ == "__main__":
    main(*sys.argv[1:])
