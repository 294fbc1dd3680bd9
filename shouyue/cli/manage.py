from __future__ import annotations

import os
import sys

import click


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []})
@click.pass_context
def manage(ctx: click.Context) -> None:
    """Django's own management commands."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shouyue.web.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line([sys.argv[0] + " manage", *ctx.args])
