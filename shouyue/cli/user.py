"""`shouyue user`: people and their roles. Pages for it come with the team's tools; the first admin is made here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

import click

from shouyue.base.errors import Code
from shouyue.base.secret import readable_secret

if TYPE_CHECKING:
    from shouyue.people.models import User

ROLES = ("rep", "store_manager", "head_office", "auditor", "admin")

TAKEN = Code("OPS-010", zh="用户名 {name} 已存在", en="user name {name} is taken")
UNKNOWN = Code("OPS-011", zh="没有用户 {name}", en="there is no user {name}")
NEEDS_STORE = Code("OPS-012", zh="岗位 {role} 需要 --store", en="role {role} needs --store")
NO_STORE = Code(
    "OPS-013",
    zh="没有门店 {code}；新建请加 --new-store",
    en="there is no store {code}; to make it, add --new-store",
)
WEAK = Code("OPS-014", zh="密码不合要求：{why}", en="the password will not do: {why}")


@click.group()
def user() -> None:
    """People: add, list, deactivate, password. 用户。"""


def _open() -> None:
    from shouyue.cli import desk

    desk.open_desk()
    desk.require_migrated()


@user.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="岗位。")
@click.option("--store", "store_code", default="", help="Code of the store of a rep or a store manager. 门店编号。")
@click.option("--new-store", is_flag=True, help="Make the store if there is none. 门店不存在时新建。")
@click.option("--full-name", default="", help="As colleagues see it. 姓名。")
@click.option("--language", type=click.Choice(["zh-hans", "en"]), default="zh-hans", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input. 从标准输入读取密码。")
def add(
    name: str, role: str, store_code: str, new_store: bool, full_name: str, language: str, password_stdin: bool
) -> None:
    """Add a person who signs in as NAME. Without --password-stdin a password is made and shown once.

    新增用户。未加 --password-stdin 时自动生成密码，仅显示一次。
    """
    _open()
    from django.db import transaction

    from shouyue.compliance import audit
    from shouyue.people.models import User

    if User.objects.filter(username=name).exists():
        raise TAKEN.error(name=name)
    with transaction.atomic():
        store = _store(role, store_code, new_store)
        made = User(username=name, role=role, store=store, full_name=full_name, language=language)
        shown = _set_password(made, password_stdin)
        made.save()
        audit.record("user.add", f"user:{made.pk}", {"role": role, "store": store.pk if store else None}, None)
    click.echo(f"已新增 added: {name} ({role})")
    if shown:
        click.echo(f"密码 password: {shown}")


@user.command("list")
@click.option("--all", "everybody", is_flag=True, help="Also who may not sign in any more. 含已停用。")
def list_(everybody: bool) -> None:
    """Who may sign in. 用户列表。"""
    _open()
    from shouyue.people.models import User

    found = User.objects.select_related("store").order_by("store__code", "role", "username")
    for one in found if everybody else found.filter(is_active=True):
        store = one.store.code if one.store else "–"
        state = "" if one.is_active else "  已停用 deactivated"
        click.echo(f"{one.username:<20} {one.role:<14} {store:<10} {one.full_name}{state}")


@user.command()
@click.argument("name")
def deactivate(name: str) -> None:
    """NAME may not sign in any more, and is signed out; what he did stays his. 停用用户。"""
    _open()
    from django.db import transaction

    from shouyue.compliance import audit

    with transaction.atomic():
        found = _find(name)
        if found.is_active:
            found.is_active = False
            found.set_unusable_password()  # ends the sessions, which carry a digest of the password
            found.save(update_fields=["is_active", "password"])
            audit.record("user.deactivate", f"user:{found.pk}", {}, None)
    click.echo(f"已停用 deactivated: {name}")


@user.command()
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input. 从标准输入读取密码。")
def password(name: str, password_stdin: bool) -> None:
    """Give NAME another password; ends his sessions. 重设密码。"""
    _open()
    from django.db import transaction

    from shouyue.compliance import audit

    with transaction.atomic():
        found = _find(name)
        shown = _set_password(found, password_stdin)
        found.save(update_fields=["password"])
        audit.record("user.password", f"user:{found.pk}", {}, None)
    click.echo(f"已重设 changed: {name}")
    if shown:
        click.echo(f"密码 password: {shown}")


@user.command()
@click.argument("name")
def unlock(name: str) -> None:
    """NAME may try again after too many wrong passwords. 解除锁定。"""
    _open()
    from django.db import transaction

    from shouyue.web import staff

    with transaction.atomic():
        staff.forgive(_find(name), None)
    click.echo(f"已解锁 unlocked: {name}")


@user.command("second-factor-off")
@click.argument("name")
def second_factor_off(name: str) -> None:
    """NAME has lost phone and codes: the password alone lets him in, to set up another. 取消双重验证。"""
    _open()
    from django.db import transaction

    from shouyue.web import second_factor

    with transaction.atomic():
        second_factor.switch_off(_find(name), None)
    click.echo(f"已取消 switched off: {name}")


@user.command()
@click.argument("file", type=click.File(encoding="utf-8-sig"))
@click.option("--by", "by_", required=True, help="User name of who records them. 登记人用户名。")
def examined(file: TextIO, by_: str) -> None:
    """Take in examinations passed, from a CSV FILE: user, passed_on and, where there is one, reference.

    批量登记考核：CSV 列为 user（用户名）、passed_on（通过日期）、reference（证书编号，可无）。
    """
    _open()
    from shouyue.casework import examining

    taken = examining.take_in(file, acting(by_))
    click.echo(f"新增 new {taken.new}, 已有 known {taken.known}, 未取 not taken {taken.refused}")
    for fault in taken.faults:
        click.echo(f"  第 {fault.line} 行 line {fault.line}: {fault.code} {fault.zh} {fault.en}")
    if taken.faults:
        sys.exit(2)


@user.command()
@click.argument("name")
@click.argument("kind", type=click.Choice(["recorded", "unrecorded", "private", "house"]))
@click.option("--by", "by_", required=True, help="User name of the administrator. 管理员用户名。")
def line(name: str, kind: str, by_: str) -> None:
    """Say what NAME calls from; house: as SHOUYUE_RECORDED_LINE says. 设置通话线路。"""
    _open()
    from django.db import transaction

    from shouyue.web import staff

    with transaction.atomic():
        staff.set_line(acting(by_), _find(name).pk, "" if kind == "house" else kind)
    click.echo(f"{name}: {kind}")


def _find(name: str) -> User:
    from shouyue.people.models import User

    found = User.objects.select_for_update(no_key=True).filter(username=name).first()
    if found is None:
        raise UNKNOWN.error(name=name)
    return found


def acting(name: str) -> User:
    """The user, who may sign in, by whose name a command is done. Raises OPS-011."""
    from shouyue.people.models import User

    found = User.objects.filter(username=name, is_active=True).first()
    if found is None:
        raise UNKNOWN.error(name=name)
    return found


def _store(role: str, code: str, new: bool):
    from shouyue.people.models import Store

    if role not in ("rep", "store_manager"):
        return None
    if not code:
        raise NEEDS_STORE.error(role=role)
    if new:
        return Store.objects.get_or_create(code=code)[0]
    found = Store.objects.filter(code=code).first()
    if found is None:
        raise NO_STORE.error(code=code)
    return found


def _set_password(who: User, from_stdin: bool) -> str:
    """Set the password read, or one made here, which is returned so that it can be shown. Raises OPS-014."""
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    text = sys.stdin.readline().rstrip("\r\n") if from_stdin else readable_secret()
    try:
        validate_password(text, who)
    except ValidationError as error:
        raise WEAK.error(why=" ".join(error.messages)) from None
    who.set_password(text)
    return "" if from_stdin else text
