"""`kechuang roles`: roles of the database, so that the web process cannot rewrite the record."""

from typing import Annotated

import typer

app = typer.Typer(
    help="数据库角色 / roles of the database: owner, app, reader", no_args_is_help=True
)


@app.callback()
def roles() -> None:
    """数据库角色 / roles of the database: owner, app, reader."""


@app.command("set-up")
def set_up(
    prefix: Annotated[str, typer.Option(help="角色名前缀 / how the names begin")] = "kechuang",
) -> None:
    """建立 / make or mend the three roles; run it as a superuser, again after every upgrade.

    Passwords are yours to give (ALTER ROLE … PASSWORD). The platform then runs with DATABASE_URL of
    the app, upgrades with that of the owner, and `kechuang record verify` with that of the reader.
    """
    from kechuang.site.granting import set_up_roles

    names = set_up_roles(prefix)
    for one in (names.owner, names.app, names.reader):
        typer.echo(one)
