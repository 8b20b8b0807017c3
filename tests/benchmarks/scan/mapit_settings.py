"""Settings of Django for MapIt, as small as it runs with: no sessions, no log-ins, no cache, no rate limit, one connection a thread.

Kind to MapIt: its own settings do more a request. The database is the one that PGHOST, PGPORT, PGUSER and PGDATABASE name.
"""

from __future__ import annotations

import ctypes.util
import os

DEBUG = False
SECRET_KEY = "a benchmark keeps no secrets"
ALLOWED_HOSTS = ["*"]
USE_TZ = False
USE_I18N = True
LANGUAGE_CODE = "en"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
ROOT_URLCONF = "mapit.urls"
MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "mapit.middleware.ViewExceptionMiddleware"]
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.gis", "mapit"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
DATABASES = {
    "default": {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "NAME": os.environ["PGDATABASE"],
        "USER": os.environ["PGUSER"],
        "HOST": os.environ["PGHOST"],
        "PORT": os.environ["PGPORT"],
        "CONN_MAX_AGE": None,  # by default it opens a connection a request, and answers twenty a second
    }
}
# Django of that age knows no GDAL as new as Debian's.
GDAL_LIBRARY_PATH = ctypes.util.find_library("gdal")
GEOS_LIBRARY_PATH = ctypes.util.find_library("geos_c")
MAPIT_AREA_SRID = 4326
MAPIT_COUNTRY = ""
MAPIT_RATE_LIMIT: dict[str, object] = {}
GOOGLE_ANALYTICS = ""
POSTCODES_AVAILABLE = PARTIAL_POSTCODES_AVAILABLE = False
