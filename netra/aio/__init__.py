"""The async face. Its rooms are named as their twins one floor up, with which they share all that does no I/O."""
