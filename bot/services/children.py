"""What a child process does besides its work: it gives way to its parent, and goes when its parent is gone."""

import os
import signal
from multiprocessing import connection, parent_process
from threading import Thread


def settle_in() -> None:
    """To be run first in a child. Without it one whose parent was killed would wait for work for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(5)
    Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
