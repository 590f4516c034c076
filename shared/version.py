"""Which build of the software this is; the API has a version of its own."""

from importlib.metadata import version

SOFTWARE_VERSION = version("samverkan")
