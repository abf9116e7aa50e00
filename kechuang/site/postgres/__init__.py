"""The database that comes with Kechuang: started, found again, mended and stopped by us.

A server lives exactly as long as somebody uses it. Every user holds a shared lock on the file
`users`; a keeper process waits for the exclusive lock, then stops the server and goes. So
neither Ctrl-C nor `kill -9` of a user leaves a server behind, and no two users fight over one.

Run as root, the server belongs to an unprivileged user of its own. Nothing outside the state
directory is made readable for it: where it cannot reach the binaries they are copied, and where
it cannot reach the state directory itself the data lie under /var/lib/kechuang, under a name
that the state directory remembers.
"""

from kechuang.site.postgres.places import PostgresRefused, state_directory
from kechuang.site.postgres.server import Server, ensure

__all__ = ["PostgresRefused", "Server", "ensure", "state_directory"]
