"""The few files of others that pages load, taken from node_modules under the prefix `vendor/`.

Their source-map comments are stripped as they are read: the maps are not served.
"""

import re
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

FILES = {
    "vendor/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "vendor/echarts.min.js": "echarts/dist/echarts.min.js",
    "vendor/sm-crypto.js": "sm-crypto-v2/dist/index.umd.js",
}
SOURCE_MAP = re.compile(rb"(/\*[#@] sourceMappingURL=.*?\*/|//[#@] sourceMappingURL=[^\n]*)")


class VendorStorage(FileSystemStorage):
    """node_modules under the names that pages use."""

    def __init__(self):
        super().__init__(location=settings.NODE_MODULES, base_url=None)

    def path(self, name):
        return super().path(FILES[name])

    def _open(self, name, mode="rb"):
        return ContentFile(SOURCE_MAP.sub(b"", Path(self.path(name)).read_bytes()), name=name)


class VendorFinder(BaseFinder):
    """Finds exactly the files that pages load, and nothing else of node_modules."""

    def __init__(self, app_names=None, *args, **kwargs):
        self.storage = VendorStorage()
        super().__init__(*args, **kwargs)

    def find(self, path, find_all=False, **kwargs):
        found = path in FILES and Path(self.storage.path(path)).exists()
        if find_all:
            return [self.storage.path(path)] if found else []
        return self.storage.path(path) if found else None

    def list(self, ignore_patterns):
        for name in FILES:
            if Path(self.storage.path(name)).exists():
                yield name, self.storage
