"""What the sync client does with sockets and threads. `netra.aio` has a module of the same name for most of these."""
