"""Writing a day to the desk: one transaction, from columns, touching only what differs.

The order keeps people working: everything that nobody else locks comes first (customers, numbers, loans, the staged
cases); the cases themselves, their timelines, the run and the audit entry come last and quickly. Locks are taken in
the order of every service: case, then audit chain. docs/adr/0007-publishing.md says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from zoneinfo import available_timezones

import polars as pl

from shouyue.casework.models import Case, ContactPoint, Customer, Loan
from shouyue.compliance.identity import person_key
from shouyue.daily import staging, told_lines
from shouyue.daily.changes import BEFORE, Changes
from shouyue.daily.deciding import NO_STORE
from shouyue.daily.figures import Figures
from shouyue.daily.loans import SCHEDULE, SCHEMA, each_shard
from shouyue.people.models import Region, Store

#: rank of a number that the lender's file no longer holds: tried last, kept because contacts point at it
GONE_RANK = 9_000
#: what a rep may have been told otherwise of a number (casework/number_corrections.py)
_TOLD = ("relation", "place", "name")

_NAMES = {
    **dict.fromkeys(("name", "id_number", "sex", "marital_status", "occupation", "employer"), pl.String),
    **dict.fromkeys(("address", "city", "zone", "language"), pl.String),
}
_CUSTOMER = {
    "customer_id": pl.String,
    **_NAMES,
    "born_on": pl.Date,
    "income_minor": pl.Int64,
    "salary_day": pl.Int32,
    "vulnerable": pl.Boolean,
}
_KINDS = {
    **dict.fromkeys(("customer_id", "phone", "relation", "name", "place"), pl.String),
    **dict.fromkeys(("knows_of_loan", "consent"), pl.Boolean),
    "rank": pl.Int32,
}


def before(as_of: date) -> pl.DataFrame:
    """Cases that are open, and those that an earlier run of this day closed; ``placed``: an agency works it today.
    Columns of ``changes.BEFORE``."""
    return staging.read(
        """
        SELECT c.id, cu.customer_id, c.status, c.as_of, c.opened_on, c.phase, c.segment, c.next_due, st.code,
               EXISTS (SELECT 1 FROM casework_placement p WHERE p.customer_id = c.customer_id AND p.ended_at IS NULL
                          AND coalesce(p.ends_on >= %s, true)),
               c.assignee_id, c.assigned_on, c.assigned_because_zh, c.assigned_because_en
          FROM casework_case c
          JOIN casework_customer cu ON cu.id = c.customer_id
          JOIN people_store st ON st.id = c.store_id
         WHERE c.status = 'open' OR c.closed_on = %s
         ORDER BY c.id
        """,
        [as_of, as_of],
        BEFORE,
    )


# ---------------------------------------------------------------- who and where
def places(cases: pl.DataFrame) -> None:
    """Regions and stores that the cases name and the desk does not have yet."""
    stores = cases.select("store", "region").sort("store", "region", nulls_last=True).unique("store", keep="first")
    staging.stage("s_store", staging.fit(Region, stores.rename({"region": "name"})).rename({"name": "region"}), "store")
    staging.execute(
        "INSERT INTO people_region (name) SELECT DISTINCT region FROM s_store WHERE region <> '' ORDER BY 1"
        " ON CONFLICT DO NOTHING"
    )
    staging.write(
        Store,
        "(SELECT s.store, r.id AS region_id FROM s_store s LEFT JOIN people_region r ON r.name = s.region)",
        ["code"],
        {"code": "s.store"},
        {"name": f"CASE s.store WHEN '{NO_STORE}' THEN '' ELSE s.store END", "region_id": "s.region_id"},
    )
    staging.execute(
        "UPDATE people_store t SET region_id = r.id FROM s_store s JOIN people_region r ON r.name = s.region"
        " WHERE t.code = s.store AND t.region_id IS NULL"
    )


def customers(parts: Iterable[pl.DataFrame]) -> None:
    """The customers of open cases (``customer_rows``), with their person."""
    staging.create("s_customer", {**_CUSTOMER, "person_id": pl.String, "store": pl.String})
    for rows in parts:
        staging.append("s_customer", rows)
    staging.settle("s_customer", "customer_id", "person_id, store")
    staging.execute(
        "INSERT INTO compliance_person (key) SELECT DISTINCT person_id FROM s_customer ON CONFLICT DO NOTHING"
    )
    staging.write(
        Customer,
        "(SELECT s.*, st.id AS store_id FROM s_customer s JOIN people_store st ON st.code = s.store)",
        ["customer_id"],
        {name: f's."{name}"' for name in (*_CUSTOMER, "person_id", "store_id")},
    )
    # what was told and the file says by now is no difference any more
    staging.execute(
        """
        UPDATE casework_tolddetail t SET settled = true
          FROM casework_customer c
         WHERE c.id = t.customer_id AND NOT t.settled AND t.city IN ('', c.city) AND t.zone IN ('', c.zone)
           AND t.value = CASE t.what WHEN 'address' THEN c.address ELSE c.employer END
        """
    )
    staging.execute("UPDATE casework_customer SET told_zone = '' WHERE told_zone <> '' AND told_zone = zone")


def customer_rows(figures: Figures, cases: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The customers of ``cases`` in each shard, and at last those whom the lender's file of customers does not have."""
    wanted = cases.select("customer_id", "store")
    sound = (
        pl.when(pl.col("zone").is_in(list(available_timezones()))).then("zone").alias("zone"),
        pl.when(pl.col("salary_day").is_between(1, 31)).then("salary_day").alias("salary_day"),
        pl.col("vulnerable").fill_null(False),
    )
    for rows in _with_absent(_in_file(figures, wanted), wanted):
        keys = [person_key(i, c) for i, c in rows.select("id_number", "customer_id").iter_rows()]
        rows = rows.with_columns(pl.Series("person_id", keys, dtype=pl.String), *sound)
        yield staging.fit(Customer, rows)


def _in_file(figures: Figures, wanted: pl.DataFrame) -> Iterator[pl.DataFrame]:
    for ix in range(figures.version.shards):
        rows = pl.DataFrame(pl.from_arrow(figures.version.read("customers", ix, list(_CUSTOMER))))
        yield rows.select(pl.col(n).cast(t) for n, t in _CUSTOMER.items()).join(wanted, on="customer_id")


def _with_absent(parts: Iterator[pl.DataFrame], wanted: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The parts, and at the end the customers whom the lender's file of customers does not have."""
    found = [pl.Series("customer_id", [], dtype=pl.String)]
    for rows in parts:
        found.append(rows["customer_id"])
        yield rows
    absent = wanted.join(pl.DataFrame({"customer_id": pl.concat(found)}), on="customer_id", how="anti")
    yield absent.select(
        *(pl.col(n) if n == "customer_id" else pl.lit(None, dtype=t).alias(n) for n, t in _CUSTOMER.items()), "store"
    )


def contact_points(parts: Iterable[pl.DataFrame], as_of: date) -> None:
    """The numbers of the customers with open cases (``contact_rows``). A number keeps its id; one that is gone is
    tried last, one that the desk was told stays where it is, one that comes later than the customer keeps the day.
    """
    staging.create("s_contact", {**_KINDS, "phone_end": pl.String, "filed": pl.String}, {"filed": "jsonb"})
    for rows in parts:
        staging.append("s_contact", rows)
    staging.settle("s_contact", "customer_id, phone")
    _keep_told()
    columns = [*(name for name in _KINDS if name != "customer_id"), "phone_end", "filed"]
    was_here = f"""EXISTS (SELECT FROM casework_contactpoint k WHERE k.customer_id = s.customer)
        OR EXISTS (SELECT FROM casework_case k WHERE k.customer_id = s.customer AND k.opened_on < '{as_of}'::date)
    """  # noqa: S608 a day is no text of anybody's
    staging.write(
        ContactPoint,
        "(SELECT s.*, c.id AS customer FROM s_contact s JOIN casework_customer c ON c.customer_id = s.customer_id)",
        ["customer_id", "phone"],
        {**{n: f's."{n}"' for n in columns}, "customer_id": "s.customer"},
        {"came_on": f"CASE WHEN {was_here} THEN '{as_of}'::date END"},
    )
    staging.execute(
        """
        UPDATE casework_contactpoint t SET rank = %s
          FROM casework_customer c JOIN s_customer w ON w.customer_id = c.customer_id
         WHERE t.customer_id = c.id AND t.rank <> %s AND t.added_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM s_contact s WHERE s.customer_id = c.customer_id AND s.phone = t.phone)
        """,
        [GONE_RANK, GONE_RANK],
    )
    told_lines.settle(as_of)


def _keep_told() -> None:
    """What the desk was told of a number counts over the file's word, which is kept beside it while it differs."""
    counts = ", ".join(f"{n} = CASE WHEN k.filed ? '{n}' THEN k.{n} ELSE s.{n} END" for n in _TOLD)
    differs = " || ".join(
        f"CASE WHEN k.filed ? '{n}' AND k.{n} <> s.{n} THEN jsonb_build_object('{n}', s.{n}) ELSE '{{}}' END"
        for n in _TOLD
    )
    staging.execute(
        f"""
        UPDATE s_contact s SET {counts}, filed = nullif({differs}, '{{}}')
          FROM casework_contactpoint k JOIN casework_customer c ON c.id = k.customer_id
         WHERE k.filed IS NOT NULL AND c.customer_id = s.customer_id AND k.phone = s.phone
        """  # noqa: S608 names come from this file
    )


def contact_rows(figures: Figures, cases: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The numbers of the customers of ``cases`` in each shard.

    A relation that the lender did not name is ``other``: nothing is disclosed to who may be a stranger.
    """
    wanted = cases.select("customer_id")
    for ix in range(figures.version.shards):
        rows = pl.DataFrame(pl.from_arrow(figures.version.read("contacts", ix, list(_KINDS))))
        rows = rows.select(pl.col(n).cast(t) for n, t in _KINDS.items()).join(wanted, on="customer_id", how="semi")
        rows = rows.filter(pl.col("phone").str.len_chars() <= 32).with_columns(
            pl.col("relation").fill_null("other"),
            # before the first is room for one that the borrower told himself
            pl.col("rank")
            .fill_null(pl.int_range(pl.len()).over("customer_id").cast(pl.Int32))
            .clip(0, GONE_RANK - 2)
            .add(1),
            pl.col("phone").str.replace_all(r"\D", "").str.tail(4).alias("phone_end"),
        )
        yield staging.fit(ContactPoint, rows)


# ---------------------------------------------------------------- loans
def stage_closing(closing: pl.DataFrame) -> None:
    """The cases that close today: their loans stay on the desk until then."""
    staging.stage("s_closing", closing, "case_id", "customer_id")


def loans(parts: Iterable[pl.DataFrame]) -> None:
    """The loans of customers whose case is open or closes today (``loan_rows``); those no longer in the book go."""
    staging.create("s_loan", {**SCHEMA, **SCHEDULE}, {"lateness": "int[]", "new_schedule": "jsonb"})
    for rows in parts:
        staging.append("s_loan", rows)
    staging.settle("s_loan", "loan_id", "customer_id")
    staging.execute(
        """
        UPDATE casework_loan t SET schedule = s.new_schedule, schedule_digest = s.schedule_digest
          FROM s_loan s
         WHERE s.loan_id = t.loan_id AND s.new_schedule IS NOT NULL AND t.schedule_digest <> s.schedule_digest
        """
    )
    staging.write(
        Loan,
        "(SELECT s.*, c.id AS customer FROM s_loan s JOIN casework_customer c ON c.customer_id = s.customer_id)",
        ["loan_id"],
        {name: f's."{name}"' for name in SCHEMA} | {"customer_id": "s.customer"},
        {"schedule": "s.new_schedule", "schedule_digest": "s.schedule_digest"},
    )
    staging.execute(
        """
        DELETE FROM casework_loan t
         USING casework_customer c
         WHERE t.customer_id = c.id
           AND c.customer_id IN (SELECT customer_id FROM s_customer UNION SELECT customer_id FROM s_closing)
           AND NOT EXISTS (SELECT 1 FROM s_loan s WHERE s.loan_id = t.loan_id)
        """
    )


def loan_rows(figures: Figures, plan: Changes) -> Iterator[pl.DataFrame]:
    """The loans in each shard. A schedule is there only where its digest is not the one that the desk has."""
    people = pl.concat([plan.cases.select("customer_id"), plan.closing.select("customer_id")])
    published = staging.read(
        """
        SELECT l.loan_id, l.schedule_digest
          FROM casework_loan l JOIN casework_case c ON c.customer_id = l.customer_id AND c.status = 'open'
        """,
        [],
        {"loan_id": pl.String, "schedule_digest": pl.String},
    )
    return (staging.fit(Loan, rows) for rows in each_shard(figures, people, published))


# ---------------------------------------------------------------- cases
_SAID = ("as_of", "strategy", "phase", "segment", "stage", "treatment", "rule", "priority", "minutes", "best_time")
_SAID += (
    "hold",
    "left_alone",
    "reason_zh",
    "reason_en",
    "dpd",
    "bucket",
    "currency",
    "overdue_minor",
    "due_minor",
    "next_due",
)
_SHARE = ("assignee_id", "assigned_on", "assigned_because_zh", "assigned_because_en")


def stage_cases(plan: Changes, as_of: date, strategy: str) -> None:
    """Everything about the cases, ready beside them: from here on the writing is quick."""
    rows = plan.cases.with_columns(pl.lit(as_of).alias("as_of"), pl.lit(strategy).alias("strategy"))
    columns = ("case_id", "customer_id", "store", "inflow", "was_assignee_id", *_SAID, *_SHARE)
    rows = rows.with_columns(pl.col("segment").fill_null(""))
    staging.stage(
        "s_case", staging.fit(Case, rows.select(columns).with_row_index("at")), "customer_id", "case_id, store"
    )


def stage_entries(entries: pl.DataFrame) -> None:
    staging.stage("s_entry", entries.with_row_index("at"), asked="case_id, customer_id", types={"data": "jsonb"})


def open_cases(at: datetime) -> int:
    """Insert the new cases; returns how many. Nobody sees or waits for them yet."""
    names = ["customer_id", "store_id", "status", "opened_on", "inflow_on", "close_reason", *_SAID, *_SHARE]
    new = ["cu.id", "st.id", "'open'", "s.as_of", "CASE WHEN s.inflow THEN s.as_of END", "''"]
    new += [*(f's."{n}"' for n in _SAID), *(f's."{n}"' for n in _SHARE)]
    return staging.execute(
        f"""
        INSERT INTO casework_case ({", ".join(names)}, last_result, next_action)
        SELECT {", ".join(new)}, '', ''
          FROM s_case s
          JOIN people_store st ON st.code = s.store
          JOIN casework_customer cu ON cu.customer_id = s.customer_id
         WHERE s.case_id IS NULL
         ORDER BY s.at
        """  # noqa: S608 names come from this file
    )


def open_timelines(at: datetime) -> int:
    """Insert the lines of the new cases' timelines; returns how many."""
    return staging.execute(
        """
        INSERT INTO casework_timelineentry (case_id, at, kind, actor_id, ref, data)
        SELECT c.id, %s, s.kind, NULL, s.ref, s.data
          FROM s_entry s
          JOIN casework_customer cu ON cu.customer_id = s.customer_id
          JOIN casework_case c ON c.customer_id = cu.id AND c.status = 'open'
         WHERE s.case_id IS NULL
         ORDER BY s.at
        ON CONFLICT (case_id, ref) DO NOTHING
        """,
        [at],
    )


def change_cases(as_of: date, at: datetime) -> int:
    """Close and continue cases, and tell their timelines what they do not have yet; returns how many rows were written.

    A hand-over made since the cases were read stands: the assignee is written only where he is still the one read.
    """
    closed = staging.execute(
        """
        UPDATE casework_case c SET status = 'closed', closed_on = %s, close_reason = s.close_reason
          FROM s_closing s WHERE c.id = s.case_id AND c.status = 'open'
        """,
        [as_of],
    )
    shares = [
        f'CASE WHEN c.assignee_id IS NOT DISTINCT FROM s.was_assignee_id THEN s."{n}" ELSE c."{n}" END' for n in _SHARE
    ]
    inflow = "CASE WHEN s.inflow THEN s.as_of ELSE c.inflow_on END"
    names = [f'"{n}"' for n in (*_SAID, "store_id", "inflow_on", *_SHARE)]
    wanted = [*(f's."{n}"' for n in _SAID), "st.id", inflow, *shares]
    updated = staging.execute(
        f"""
        UPDATE casework_case c SET ({", ".join(names)}) = ROW({", ".join(wanted)})
          FROM s_case s JOIN people_store st ON st.code = s.store
         WHERE c.id = s.case_id AND c.status = 'open'
           AND ({", ".join(f"c.{n}" for n in names)}) IS DISTINCT FROM ({", ".join(wanted)})
        """  # noqa: S608 names come from this file
    )
    told = staging.execute(
        """
        INSERT INTO casework_timelineentry (case_id, at, kind, actor_id, ref, data)
        SELECT s.case_id, %s, s.kind, NULL, s.ref, s.data
          FROM s_entry s
         WHERE s.case_id IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM casework_timelineentry t WHERE t.case_id = s.case_id AND t.ref = s.ref)
         ORDER BY s.at
        ON CONFLICT (case_id, ref) DO NOTHING
        """,
        [at],
    )
    return closed + updated + told
