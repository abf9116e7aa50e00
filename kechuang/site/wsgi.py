"""The web process's entry."""

import os
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from kechuang.site.child import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kechuang.site.settings")
if os.environ.get("KECHUANG_CHILD") == "1":
    die_with_parent()
Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns where it is not
application = get_wsgi_application()
