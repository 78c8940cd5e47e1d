"""What changed since the last release, what it means for versions, and the release itself. `released/` is the past."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RELEASED = ROOT / "released"
"""The contract and the public APIs as they were released last."""

# For `contract`, which reads openapi.yaml.
sys.path.append(str(ROOT / "scripts/generator"))
