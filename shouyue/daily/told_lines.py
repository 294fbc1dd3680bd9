"""Contact data that the core was told: settled where the lender's file says the same by now."""

from __future__ import annotations

from datetime import date

from shouyue.daily import staging

#: numbers are the same where all digits are, or where the longer one ends with the shorter one of at least 7
_SETTLE = r"""
WITH waits AS (
    SELECT l.id, l.change, l.fields, l.row, c.customer_id, p.id AS point, p.filed, p.added_at,
           regexp_replace(p.phone, '\D', '', 'g') AS digits
      FROM casework_toldline l
      JOIN casework_customer c ON c.id = l.customer_id
      JOIN s_customer w ON w.customer_id = c.customer_id
      LEFT JOIN casework_contactpoint p ON p.id = l.number
     WHERE l.settled_on IS NULL
),
held AS (
    SELECT waits.*, EXISTS (
        SELECT FROM s_contact s,
                    regexp_replace(s.phone, '\D', '', 'g') AS theirs,
                    least(length(theirs), length(waits.digits)) AS n
         WHERE s.customer_id = waits.customer_id AND n >= 7 AND right(theirs, n) = right(waits.digits, n)) AS in_file
      FROM waits
)
UPDATE casework_toldline l SET settled_on = %s, settled_because = 'file'
  FROM held h
 WHERE l.id = h.id AND CASE
       WHEN h.change IN ('address', 'employer')
           THEN EXISTS (SELECT FROM casework_tolddetail t WHERE t.id = h.row AND t.settled)
       WHEN h.point IS NULL THEN false
       WHEN h.change = 'number_added' THEN h.in_file
       WHEN h.change = 'number_marked' THEN NOT h.in_file
       WHEN h.in_file THEN NOT coalesce(h.filed, '{}') ?| h.fields::text[]
       ELSE h.added_at IS NULL END
"""


def settle(as_of: date) -> None:
    """In the publication's transaction, when customers and numbers are written and ``s_customer`` and ``s_contact`` are
    still there: only for those whose file was read this day can it have confirmed anything.

    A new number is in the file; a number told dead or somebody else's is in it no more, or never was; of a corrected
    one nothing stands beside the file's word any more; an address or employer is the file's.
    """
    staging.execute(_SETTLE, [as_of])
