"""Agencies: their tokens and placements (``managing``), their contacts through the gate (``contacting``)."""
