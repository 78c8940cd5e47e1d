"""Code without I/O: no socket, thread, event loop or sleep. Both clients, sync and async, are built on it."""
