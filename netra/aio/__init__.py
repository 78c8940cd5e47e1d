"""The async client. Each module mirrors the module of the same name in `netra` or `netra._sync`."""
