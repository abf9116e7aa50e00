"""The nightly sweep is a task that the worker knows."""

from procrastinate.contrib.django import app

from kechuang.files import jobs


def test_the_sweep_runs_every_night_and_by_hand(db, settings, tmp_path):
    settings.STATE = tmp_path
    assert app.tasks["files.sweep"] is jobs.sweep
    jobs.sweep(timestamp=0)
