"""The web process's entry."""

import os

from django.core.wsgi import get_wsgi_application

from kechuang.site.child import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kechuang.site.settings")
if os.environ.get("KECHUANG_CHILD") == "1":
    die_with_parent()
application = get_wsgi_application()
