"""The API of projects, under /api/v1/projects/: reading, and the same verbs as the pages."""

from kechuang.projects.api import reads, verbs

routers = [("/projects", reads.router), ("/projects", verbs.router)]
